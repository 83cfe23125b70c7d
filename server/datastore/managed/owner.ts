/** One server for each managed database: a file with the owner's pid and start time. Called by embedded.ts. */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code, CodedError } from '../../../shared/errors.ts';
import { startTimeOf } from './processes.ts';

export interface Claim {
  release(): void;
}

const ATTEMPTS = 5;

/**
 * Claims the directory until `release`; an owner that died is replaced. Throws FailedPrecondition when another process
 * has it.
 */
export function claimDirectory(directory: string): Claim {
  const path = join(directory, 'owner');
  removeLeftBeside(directory);
  const ours = `${process.pid} ${startTimeOf(process.pid)}`;
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, ours, { mode: 0o600 });
  try {
    for (let attempt = 1; !linkIfFree(beside, path); attempt++) {
      const owner = readOwner(path);
      if (attempt === ATTEMPTS || (owner !== undefined && isAlive(owner))) {
        throw new CodedError(
          Code.failedPrecondition,
          `database directory ${directory} is in use by process ${owner?.split(' ')[0] ?? 'unknown'}: stop it first`,
        );
      }
      if (owner !== undefined) takeAway(path, owner);
    }
  } finally {
    rmSync(beside, { force: true });
  }
  return {
    release: () => {
      if (readOwner(path) === ours) rmSync(path, { force: true });
    },
  };
}

/** What processes left that were killed while they claimed it. */
function removeLeftBeside(directory: string): void {
  for (const name of readdirSync(directory)) {
    const [, pid] = /^owner\.(?:old\.)?(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && startTimeOf(Number(pid)) === undefined)
      rmSync(join(directory, name), { force: true });
  }
}

/** Whether a process that is alive has the directory. */
export function isClaimed(directory: string): boolean {
  const owner = readOwner(join(directory, 'owner'));
  return owner !== undefined && isAlive(owner);
}

/** A link either comes to be with its content or not at all. */
function linkIfFree(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(owner: string): boolean {
  const [pid = '', startTime] = owner.split(' ');
  return startTimeOf(Number(pid)) === startTime;
}

/** Moves the dead owner's file aside; where another was quicker and it is no longer his, puts it back. */
function takeAway(path: string, owner: string): void {
  const aside = `${path}.old.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOwner(aside) !== owner) linkIfFree(aside, path);
  rmSync(aside, { force: true });
}
