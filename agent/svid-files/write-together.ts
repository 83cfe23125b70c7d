/** Files that belong together: all are written and synced beside, and only then do they take their names. Called by helper.ts. */
import { readFileSync, statSync } from 'node:fs';
import { bytesEqual } from '../../shared/bytes.ts';
import { messageOf } from '../../shared/errors.ts';
import { AtomicFile } from '../../shared/files.ts';

export interface OwnedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

export interface Owner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/**
 * Whether anything had to be written: files that are already so are left alone. Throws, naming the file, when one cannot be
 * written; then none has changed, unless taking its name failed half way, which a full disk does not do.
 */
export function writeTogether(files: readonly OwnedFile[], owner: Owner): boolean {
  if (files.every((file) => isWritten(file, owner))) return false;
  const staged: { readonly file: AtomicFile; readonly path: string }[] = [];
  try {
    for (const { path, bytes, mode } of files) {
      const file = naming(path, () => new AtomicFile(path));
      staged.push({ file, path });
      naming(path, () => {
        file.write(bytes);
        file.give({ mode, ...owner });
        file.sync();
      });
    }
    for (const { file, path } of staged) naming(path, () => file.commit());
  } finally {
    for (const { file } of staged) file.discard();
  }
  return true;
}

function isWritten({ path, bytes, mode }: OwnedFile, { uid, gid }: Owner): boolean {
  try {
    const is = statSync(path);
    const isOwned = (uid ?? is.uid) === is.uid && (gid ?? is.gid) === is.gid && (is.mode & 0o7777) === mode;
    return isOwned && is.size === bytes.length && bytesEqual(readFileSync(path), bytes);
  } catch {
    return false; // not there, or not to be read: then it is written
  }
}

function naming<T>(path: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    throw new Error(`cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
