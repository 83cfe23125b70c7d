/**
 * The file of a backup: lines of JSON. The first says what it is, then one line for each row, `<table> <row>`, the last
 * says how many rows there are and the SHA-256 of everything before it: a file that was cut off or changed is known by it.
 * Rows are Postgres' own JSON and are never read by us, so no value changes on its way. Used by the files beside it.
 */
import { Code, CodedError } from '../../../shared/errors.ts';

export interface BackupHeader {
  /** Of the tables: rows fit the schema that they were written from and no other. */
  readonly schemaVersion: number;
  readonly createdAt: Date;
}

export interface BackupEnd {
  readonly rows: number;
  readonly sha256: string;
}

const FORMAT = 'writ server backup';
const FORMAT_VERSION = 1;

export const headerLine = ({ schemaVersion, createdAt }: BackupHeader): string =>
  `${JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, schemaVersion, createdAt })}\n`;

export const rowLine = (table: string, row: string): string => `${table} ${row}\n`;

export const endLine = ({ rows, sha256 }: BackupEnd): string => `end ${JSON.stringify({ rows, sha256 })}\n`;

/** Throws InvalidArgument on the first line of another kind of file, or of another version of this one. */
export function parseHeader(line: string): BackupHeader {
  const { format, version, schemaVersion, createdAt } = parseObject(line);
  if (format !== FORMAT) throw refused('it is not a backup of writ server');
  if (version !== FORMAT_VERSION)
    throw refused(`it has version ${String(version)} of the format, this program reads ${FORMAT_VERSION}`);
  const time = new Date(typeof createdAt === 'string' ? createdAt : '');
  if (typeof schemaVersion !== 'number' || Number.isNaN(time.getTime()))
    throw refused('its first line is damaged');
  return { schemaVersion, createdAt: time };
}

/** The end that the line holds, to the letter; undefined when it is another line. */
export function findEnd(line: string): BackupEnd | undefined {
  if (!line.startsWith('end ')) return undefined;
  const { rows, sha256 } = parseObject(line.slice('end '.length));
  if (typeof rows !== 'number' || typeof sha256 !== 'string') return undefined;
  return line === endLine({ rows, sha256 }).trimEnd() ? { rows, sha256 } : undefined;
}

export const refused = (why: string): CodedError =>
  new CodedError(Code.invalidArgument, `the file cannot be restored: ${why}`);

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
