/** Writes a backup: every table as it is at one moment, page by page. Called by server/backup.ts. */
import { createHash } from 'node:crypto';
import type { AtomicFile } from '../../../shared/files.ts';
import type { Database, Queryable } from '../database.ts';
import { checkSchema } from '../migrate.ts';
import { endLine, headerLine, rowLine } from './format.ts';
import { BACKUP_TABLES, type BackupTable, PAGE_ROWS } from './tables.ts';

/** Rows written of each table. */
export type BackupCounts = Readonly<Record<string, number>>;

/** In one repeatable-read transaction, beside whatever servers write. Throws FailedPrecondition on another schema. */
export function writeBackup(database: Database, file: AtomicFile, createdAt: Date): Promise<BackupCounts> {
  return database.transaction('snapshot', async (tx) => {
    const lines = new Lines(file);
    lines.write(headerLine({ schemaVersion: await checkSchema(tx), createdAt }));
    const counts: Record<string, number> = {};
    for (const table of BACKUP_TABLES) counts[table.name] = await writeTable(tx, table, lines);
    const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    file.write(Buffer.from(endLine({ rows, sha256: lines.digest() })));
    return counts;
  });
}

/** Writes text and remembers its digest. */
class Lines {
  readonly #file: AtomicFile;
  readonly #hash = createHash('sha256');

  constructor(file: AtomicFile) {
    this.#file = file;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#hash.update(bytes);
    this.#file.write(bytes);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

async function writeTable(tx: Queryable, table: BackupTable, lines: Lines): Promise<number> {
  const sql = pageSql(table);
  let after: string | null = null;
  for (let count = 0; ; ) {
    const rows: { key: string; row: string }[] = await tx.query(sql, [after, PAGE_ROWS]);
    lines.write(rows.map(({ row }) => rowLine(table.name, row)).join(''));
    count += rows.length;
    if (rows.length < PAGE_ROWS) return count;
    after = rows.at(-1)?.key ?? after;
  }
}

const pageSql = ({ name, key, columns }: BackupTable): string => `
  select item.${key.column}::text as key, row_to_json(item)::text as row
  from (
    select ${columns} from ${name} where $1::${key.type} is null or ${key.column} > $1::${key.type}
    order by ${key.column} limit $2) as item
  order by item.${key.column}`;
