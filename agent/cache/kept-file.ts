/**
 * The file, in memory, in which the agent keeps SVIDs with their keys for its next start. Made by start/keep; read and
 * written by kept.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { removeLeftBeside, writeFileAtomic, makeDirectories } from '../../shared/files.ts';
import { whyUnwritable } from '../../shared/unwritable.ts';
import { whyOthersCanReplace } from '../../shared/trusted-path.ts';
import type { KeptStore } from './kept.ts';

const IN_MEMORY = [0x01021994, 0x858458f6]; // TMPFS_MAGIC, RAMFS_MAGIC (statfs(2))
export const KEPT_MAX_BYTES = 64 * 1_024 * 1_024; // some 30,000 SVIDs
const OTHERS_ACCESS = 0o077;

export interface KeptPlace {
  /** Where it may be, best first. */
  readonly directories: readonly string[];
  readonly trustDomain: string;
  readonly dataDir: string;
}

export class KeptFile implements KeptStore {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** In the first directory that is in memory and safe; throws FailedPrecondition that says why none is. */
  static find({ directories, trustDomain, dataDir }: KeptPlace): KeptFile {
    const name = `svids-${hash('sha256', `${trustDomain}\n${resolve(dataDir)}`, 'hex').slice(0, 16)}`;
    const whyNot: string[] = [];
    for (const directory of directories) {
      const why = whyUnfit(directory);
      if (why === undefined) {
        const path = join(directory, name);
        removeLeftBeside(path);
        return new KeptFile(path);
      }
      whyNot.push(`${directory} ${why}`);
    }
    throw new CodedError(Code.failedPrecondition, whyNot.join('; '));
  }

  /** Undefined when there is none. Throws FailedPrecondition on a file that others made, or can reach. */
  read(): Uint8Array | undefined {
    let fd: number;
    try {
      fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw new CodedError(Code.failedPrecondition, `it cannot be opened: ${messageOf(cause)}`, { cause });
    }
    try {
      const why = whyForeign(fstatSync(fd));
      if (why !== undefined) throw new CodedError(Code.failedPrecondition, why);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Throws when it cannot be written, as when memory is full. */
  write(bytes: Uint8Array): void {
    if (bytes.length > KEPT_MAX_BYTES)
      throw new CodedError(Code.resourceExhausted, `it would be longer than ${KEPT_MAX_BYTES} bytes`);
    try {
      writeFileAtomic(this.path, bytes);
    } catch (cause) {
      throw new CodedError(Code.unavailable, whyUnwritable(cause, this.path), { cause });
    }
  }

  /** Throws where others do not let us. */
  remove(): void {
    rmSync(this.path, { force: true });
  }
}

function whyUnfit(directory: string): string | undefined {
  try {
    if (!IN_MEMORY.includes(statfsSync(existingAbove(directory)).type))
      return 'is not in memory (tmpfs or ramfs)';
    makeDirectories(directory, 0o700);
    const found = statSync(directory);
    if (found.uid !== process.geteuid?.()) return `belongs to user ${found.uid}`;
    return whyOthersCanReplace(directory);
  } catch (error) {
    return `cannot be used: ${messageOf(error)}`;
  }
}

/** The directory itself, or the nearest above it: nothing is made where it would be of no use. */
function existingAbove(directory: string): string {
  let at = resolve(directory);
  while (statSync(at, { throwIfNoEntry: false }) === undefined && at !== dirname(at)) at = dirname(at);
  return at;
}

function whyForeign(found: Stats): string | undefined {
  if (!found.isFile()) return 'it is not a regular file';
  if (found.uid !== process.geteuid?.()) return `it belongs to user ${found.uid}`;
  if ((found.mode & OTHERS_ACCESS) !== 0) return 'others than its owner can reach it';
  if (found.nlink !== 1) return 'it has a second name';
  if (found.size > KEPT_MAX_BYTES) return `it is longer than ${KEPT_MAX_BYTES} bytes`;
  return undefined;
}
