/** The schema of a database as text, read from the catalog: the same on every version of Postgres. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Database } from '../../../server/datastore/database.ts';

const GOLDEN = new URL('../../../server/datastore/schema.golden.sql', import.meta.url);

const MIGRATIONS = new URL('migrations/', GOLDEN);

/** Of the schema that this program knows: its migrations are numbered without gaps. */
export const SCHEMA_VERSION = readdirSync(MIGRATIONS).length;

/** In order. */
export const readMigrationTexts = (): readonly { readonly name: string; readonly sql: string }[] =>
  readdirSync(MIGRATIONS)
    .sort()
    .map((name) => ({ name, sql: readFileSync(new URL(name, MIGRATIONS), 'utf8') }));

const COLUMNS = `
  select t.relname as name, c.attname || ' ' || format_type(c.atttypid, c.atttypmod)
    || case when l.collname is null or l.collname = 'default' then '' else ' collate "' || l.collname || '"' end
    || case when c.attnotnull then ' not null' else '' end
    || case when c.attidentity = 'a' then ' generated always as identity' else '' end
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
  from pg_class t
    join pg_attribute c on c.attrelid = t.oid and c.attnum > 0 and not c.attisdropped
    left join pg_collation l on l.oid = c.attcollation
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = c.attnum
  where t.relkind = 'r' and t.relnamespace = current_schema()::regnamespace
  order by t.relname collate "C", c.attnum`;

/** Not null is said with the column; newer versions also list it as a constraint. */
const CONSTRAINTS = `
  select t.relname as name, pg_get_constraintdef(c.oid) as line
  from pg_constraint c join pg_class t on t.oid = c.conrelid
  where c.connamespace = current_schema()::regnamespace and c.contype <> 'n'
  order by t.relname collate "C", pg_get_constraintdef(c.oid) collate "C"`;

const INDEXES = `
  select replace(indexdef, current_schema() || '.', '') || ';' as line from pg_indexes
  where schemaname = current_schema() order by indexname collate "C"`;

const SEQUENCES = `
  select 'create sequence ' || sequencename || ';' as line from pg_sequences
  where schemaname = current_schema() order by sequencename collate "C"`;

interface Line {
  readonly name: string;
  readonly line: string;
}

export async function schemaText(database: Database): Promise<string> {
  const tables = new Map<string, string[]>();
  for (const { name, line } of [
    ...(await database.query<Line>(COLUMNS)),
    ...(await database.query<Line>(CONSTRAINTS)),
  ]) {
    tables.set(name, [...(tables.get(name) ?? []), `  ${line}`]);
  }
  const blocks = [...tables].map(([name, lines]) => `create table ${name} (\n${lines.join(',\n')}\n);`);
  for (const sql of [SEQUENCES, INDEXES]) {
    blocks.push((await database.query<Line>(sql)).map(({ line }) => line).join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

export const readGolden = (): string => readFileSync(GOLDEN, 'utf8');
export const writeGolden = (text: string): void => writeFileSync(GOLDEN, text);
