/** Reads a backup's file as a stream, and knows at its end whether it was whole. Used by restore.ts. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Code, CodedError, messageOf } from '../../../shared/errors.ts';
import { type BackupEnd, type BackupHeader, findEnd, parseHeader, refused } from './format.ts';
import { PAGE_ROWS } from './tables.ts';

/** Rows of one table, as JSON texts. */
export interface BackupPage {
  readonly table: string;
  readonly rows: readonly string[];
}

const LINE_MAX_BYTES = 16_777_216; // a bundle with every authority of years is below 1 MB, an entry below 2 MB

/** Throws InvalidArgument on a file that is no whole backup, FailedPrecondition when it cannot be read. */
export async function checkBackup(path: string): Promise<BackupHeader> {
  const reading = readBackup(path);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) return next.value;
  }
}

/** Pages in the order of the file. What it gave counts only once it has ended without throwing. */
export async function* readBackup(path: string): AsyncGenerator<BackupPage, BackupHeader, undefined> {
  const hash = createHash('sha256');
  let header: BackupHeader | undefined;
  let end: BackupEnd | undefined;
  let count = 0;
  let page: { table: string; rows: string[] } = { table: '', rows: [] };
  for await (const bytes of linesOf(path)) {
    if (end !== undefined) throw refused('something follows its end');
    const line = bytes.toString('utf8');
    header ??= parseHeader(line);
    end = findEnd(line);
    if (end !== undefined) continue;
    hash.update(bytes).update('\n');
    if (count++ === 0) continue; // the header
    const [table, row] = splitRow(line);
    if (table !== page.table || page.rows.length === PAGE_ROWS) {
      if (page.rows.length > 0) yield page;
      page = { table, rows: [] };
    }
    page.rows.push(row);
  }
  if (header === undefined) throw refused('it is empty');
  if (end === undefined) throw refused('its end is missing');
  if (end.rows !== count - 1 || end.sha256 !== hash.digest('hex'))
    throw refused('it was changed after it was written');
  if (page.rows.length > 0) yield page;
  return header;
}

function splitRow(line: string): readonly [string, string] {
  const at = line.indexOf(' ');
  return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
}

/** Lines without their end. Throws InvalidArgument on a last one that has none. */
async function* linesOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunksOf(path)) {
    let from = 0;
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, to)]);
      [rest, restBytes, from] = [[], 0, to + 1];
    }
    rest.push(chunk.subarray(from));
    restBytes += chunk.length - from;
    if (restBytes > LINE_MAX_BYTES) throw refused('it is not a backup of writ server');
  }
  if (restBytes > 0) throw refused('its last line is cut off');
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of createReadStream(path)) if (chunk instanceof Buffer) yield chunk;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError(Code.failedPrecondition, `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
