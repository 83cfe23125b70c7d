/** Small files of others, read whole. Called for files that operators name: of an upstream CA, of a node's certificate. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { invalidArgument } from './errors.ts';

const MAX_BYTES = 1_048_576; // some hundred certificates
const ALL_CAN_READ = 0o004;

export interface FoundFile {
  readonly bytes: Buffer;
  /** Whether every user of the machine may read it. */
  readonly isOpenToOthers: boolean;
}

/** Throws InvalidArgument when it is no file, or too long; as the system does when it cannot be read. */
export function readBounded(path: string): FoundFile {
  const file = openSync(path, 'r');
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw invalidArgument('is not a file');
    if (status.size > MAX_BYTES) throw invalidArgument(`is longer than ${MAX_BYTES} bytes`);
    return { bytes: readFileSync(file), isOpenToOthers: (status.mode & ALL_CAN_READ) !== 0 };
  } finally {
    closeSync(file);
  }
}
