/** The data directory: made once and whole, and ours alone. Called by embedded.ts. */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from '../../../shared/files.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Binaries } from './binaries.ts';
import { explainFailure } from './explain-failure.ts';
import type { PostgresUser } from './postgres-user.ts';
import { runProgram } from './run-program.ts';

/** The database role of the server, and the name of its database. */
export const ROLE = 'writ';

const HALF_MADE = 'data.new.';

export const dataDirectoryOf = (directory: string): string => join(directory, 'data');

/** Major version that wrote the data; undefined when there is none yet. Throws FailedPrecondition on foreign content. */
export function readDataMajor(directory: string): number | undefined {
  const data = dataDirectoryOf(directory);
  if (!existsSync(data)) return undefined;
  const path = join(data, 'PG_VERSION');
  const major = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) : Number.NaN;
  if (Number.isInteger(major)) return major;
  throw new CodedError(
    Code.failedPrecondition,
    `${data} holds no Postgres data: move it away or choose another directory`,
  );
}

export interface Initialization {
  readonly directory: string;
  readonly binaries: Binaries;
  readonly user: PostgresUser;
  /** Waits until the data is on the disk. */
  readonly syncs: boolean;
}

/**
 * Makes the data in a folder beside and renames it, so that a kill at any moment leaves all of it or nothing. Each
 * attempt has a folder of its own: the initdb of a killed one may still be writing into another.
 */
export async function initialize({ directory, binaries, user, syncs }: Initialization): Promise<void> {
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith(HALF_MADE)))
    removeQuietly(join(directory, name));
  const beside = mkdtempSync(join(directory, HALF_MADE));
  makeOwned(beside, user);
  const args = ['-D', beside, '-U', ROLE, '-A', 'peer', '-E', 'UTF8', '--locale=C', '--data-checksums'];
  if (!syncs) args.push('--no-sync');
  const result = await runProgram(join(binaries.binDirectory, 'initdb'), args, {
    cwd: beside,
    libraryPath: binaries.libraryPath,
    ...(user.isDropped ? { uid: user.uid, gid: user.gid } : {}),
  });
  if (result.code !== 0) {
    removeQuietly(beside);
    throw explainFailure('cannot create the database', result.stderr);
  }
  renameSync(beside, dataDirectoryOf(directory));
  syncDirectory(directory);
}

/** What cannot be removed now goes at another start. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Somebody still writes into it.
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A folder that only the user which runs Postgres, and root, can enter. */
export function makeOwned(path: string, user: PostgresUser): void {
  makeDirectories(path, 0o700);
  chmodSync(path, 0o700);
  if (user.isDropped) chownSync(path, user.uid, user.gid);
}

/** Who may log in: our own user, by the kernel's word, over the socket. Written outside the data, at each start. */
export function writeAccessFiles(directory: string): { hbaPath: string; identPath: string } {
  const hbaPath = join(directory, 'pg_hba.conf');
  const identPath = join(directory, 'pg_ident.conf');
  writeFileSync(hbaPath, `local all ${ROLE} peer map=${ROLE}\n`);
  writeFileSync(identPath, `${ROLE} "${userInfo().username}" ${ROLE}\n`);
  for (const path of [hbaPath, identPath]) chmodSync(path, 0o644);
  return { hbaPath, identPath };
}
