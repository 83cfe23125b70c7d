/** What to do about a file that cannot be written, in words for the operator. Called by those who keep state. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from './errors.ts';

/** By the code of errno(3). */
const REMEDIES: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) => `no space is left: make room in ${directory}`,
  EDQUOT: (directory) => `the disk quota is used up: make room in ${directory}`,
  EROFS: (directory) => `the file system of ${directory} is read-only: mount it writable`,
  EACCES: (directory) => `${directory} cannot be written by user ${user()}: give it to that user`,
  EPERM: (directory) => `${directory} cannot be written by user ${user()}: give it to that user`,
  ENOENT: (directory) => `directory ${directory} does not exist: make it`,
  EIO: (directory) => `the disk of ${directory} fails`,
};

const user = (): string => String(process.geteuid?.() ?? 'of this process');

/** Why the file at `path` cannot be written, or made. */
export function whyUnwritable(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REMEDIES[code]?.(dirname(path)) ?? messageOf(error);
}

/** Why nothing can be written beside `path`, as far as can be told without writing; undefined when it seems that it can. */
export function findUnwritable(path: string): string | undefined {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return whyUnwritable(error, path);
  }
}
