/** Files that are whole or absent: written beside, synced, renamed. At once, or piece by piece. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Writes `bytes` so that a reader or a crash sees the old file or the new one, never half of either. */
export function writeFileAtomic(path: string, bytes: Uint8Array, mode = OWNER_ONLY): void {
  const beside = besideOf(path);
  try {
    writeSynced(beside, bytes, mode);
    renameSync(beside, path);
  } catch (error) {
    removeQuietly(beside);
    throw error;
  }
  syncDirectory(dirname(path));
}

/**
 * Removes what killed processes left beside: half of a file, maybe of keys. For the start of the file's one writer. What
 * cannot be removed stays, for another start.
 */
export function removeLeftBeside(path: string): void {
  const [directory, name] = [dirname(path), basename(path)];
  try {
    for (const other of readdirSync(directory))
      if (other.startsWith(`${name}.`) && LEFT_BESIDE.test(other.slice(name.length)))
        rmSync(join(directory, other), { force: true });
  } catch {
    // a directory that is not there, or cannot be written
  }
}

/**
 * Makes a directory and those that are missing above it, all with this mode; one that exists is left as it is. Throws what the
 * file system throws. Node's own `recursive` never returns where a directory takes no others, as /proc does.
 */
export function makeDirectories(path: string, mode: number): void {
  try {
    makeDirectory(path, mode);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    makeDirectories(dirname(path), mode);
    makeDirectory(path, mode);
  }
}

function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !statSync(path).isDirectory()) throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

export interface Access {
  readonly mode: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** A file that is written piece by piece and takes its name only with `commit`; until then it lies beside, mode 0600. */
export class AtomicFile {
  readonly #path: string;
  readonly #beside: string;
  readonly #fd: number;
  #isOpen = true;

  /** Throws what the file system throws. */
  constructor(path: string) {
    this.#path = path;
    this.#beside = besideOf(path);
    this.#fd = createBeside(this.#beside, OWNER_ONLY);
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#fd, bytes);
  }

  /** Exactly this mode, whatever the umask; an owner or group that is undefined stays. Throws what the file system throws. */
  give({ mode, uid, gid }: Access): void {
    if (uid !== undefined || gid !== undefined) {
      const is = fstatSync(this.#fd);
      fchownSync(this.#fd, uid ?? is.uid, gid ?? is.gid);
    }
    fchmodSync(this.#fd, mode); // last: a change of owner takes bits away
  }

  /** So that `commit` has nothing left that can fail for want of room. */
  sync(): void {
    fsyncSync(this.#fd);
  }

  commit(): void {
    this.sync();
    this.#close();
    renameSync(this.#beside, this.#path);
    syncDirectory(dirname(this.#path));
  }

  /** Instead of `commit`, or after it failed: nothing of it stays. */
  discard(): void {
    this.#close();
    rmSync(this.#beside, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

/** What cannot be written can often not be removed either, and that is not what went wrong. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // it goes at the next start
  }
}

const OWNER_ONLY = 0o600;

const besideOf = (path: string): string => `${path}.${process.pid}.tmp`;

const LEFT_BESIDE = /^\.\d+\.tmp$/;

/** Takes the place of what a killed process of the same number left. */
function createBeside(path: string, mode: number): number {
  rmSync(path, { force: true });
  return openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function writeSynced(path: string, bytes: Uint8Array, mode: number): void {
  const fd = createBeside(path, mode);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
