/** Starting, recognising and stopping the main process of Postgres. Called by embedded.ts. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { Client } from 'pg';
import type { Clock } from '../../../shared/clock.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Binaries } from './binaries.ts';
import { dataDirectoryOf } from './data-directory.ts';
import { explainFailure } from './explain-failure.ts';
import type { PostgresUser } from './postgres-user.ts';
import { processesIn, worksIn } from './processes.ts';
import { programEnvironment } from './run-program.ts';

export interface Launch {
  readonly directory: string;
  readonly binaries: Binaries;
  readonly user: PostgresUser;
  /** `name=value` settings for the command line. */
  readonly settings: readonly string[];
}

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** Sends the signal to this very process; false when it is gone. */
  send(signal: NodeJS.Signals): boolean;
  isAlive(): boolean;
}

const POLL_MS = 25;
const WATCH_MS = 1_000;
const READY_MS = 60_000; // crash recovery replays up to max_wal_size first
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 10_000;
const LOG_MAX_BYTES = 1_048_576;

const logPathOf = (directory: string): string => join(directory, 'postgres.log');

/** Starts the process in a session of its own, so that Ctrl-C in a terminal reaches us and not it. */
export function launch({ directory, binaries, user, settings }: Launch): Postmaster {
  const log = openLog(directory);
  try {
    const args = ['-D', dataDirectoryOf(directory), ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(join(binaries.binDirectory, 'postgres'), args, {
      cwd: dataDirectoryOf(directory),
      env: programEnvironment(binaries.libraryPath),
      detached: true,
      stdio: ['ignore', log, log],
      ...(user.isDropped ? { uid: user.uid, gid: user.gid } : {}),
    });
    child.unref();
    return fromChild(child);
  } finally {
    closeSync(log);
  }
}

/** Until its end is noticed here, the pid of a child cannot become another's. */
function fromChild(child: ChildProcess): Postmaster {
  let isAlive = child.pid !== undefined;
  const ended = new Promise<void>((resolve) => {
    for (const event of ['exit', 'error']) {
      child.once(event, () => {
        isAlive = false;
        resolve();
      });
    }
  });
  return {
    pid: child.pid ?? 0,
    ended,
    send: (signal) => isAlive && child.kill(signal),
    isAlive: () => isAlive,
  };
}

/** A process that is not our child tells nobody that it ended: look now and then. */
function fromEarlierRun(pid: number, { directory, clock }: Place): Postmaster {
  const isAlive = (): boolean => worksIn(pid, dataDirectoryOf(directory));
  const watch = async (): Promise<void> => {
    while (isAlive()) await clock.sleep(WATCH_MS);
  };
  return { pid, ended: watch(), send: (signal) => isAlive() && sendTo(pid, signal), isAlive };
}

function sendTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function openLog(directory: string): number {
  const log = openSync(logPathOf(directory), 'a', 0o600);
  if (fstatSync(log).size > LOG_MAX_BYTES) ftruncateSync(log);
  return log;
}

/** Resolves once it answers; throws FailedPrecondition with Postgres' own reason when it ended or takes too long. */
export async function waitUntilReady(
  launched: Postmaster,
  connection: ClientConfig,
  { directory, clock }: Place,
): Promise<void> {
  for (let waitedMs = 0; !(await answers(connection)); waitedMs += POLL_MS) {
    if (!launched.isAlive()) throw explainFailure('Postgres did not start', lastRun(directory));
    if (waitedMs > READY_MS)
      throw new CodedError(
        Code.failedPrecondition,
        `Postgres did not get ready: see ${logPathOf(directory)}`,
      );
    await clock.sleep(POLL_MS);
  }
}

export interface Place {
  readonly directory: string;
  readonly clock: Clock;
}

const lastRun = (directory: string): string => readFileSync(logPathOf(directory), 'utf8').slice(-4_096);

export async function answers(connection: ClientConfig): Promise<boolean> {
  const client = new Client({ ...connection, query_timeout: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * The postmaster that an earlier run left behind, if it is alive. A pid file that names another program is removed and
 * that program left alone. Throws FailedPrecondition when workers of a dead postmaster do not end.
 */
export async function findLeftBehind({ directory, clock }: Place): Promise<Postmaster | undefined> {
  const data = dataDirectoryOf(directory);
  const pidFile = join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  if (pid > 0 && worksIn(pid, data)) return fromEarlierRun(pid, { directory, clock });
  for (let waitedMs = 0; processesIn(data).length > 0; waitedMs += POLL_MS) {
    if (waitedMs > IMMEDIATE_STOP_MS) {
      throw new CodedError(
        Code.failedPrecondition,
        `processes ${processesIn(data).join(', ')} still use ${data}: end them`,
      );
    }
    await clock.sleep(POLL_MS);
  }
  rmSync(pidFile, { force: true });
  return undefined;
}

/** Removes the socket and its lock from a folder that is the database's alone. Only while no postmaster runs. */
export function removeSocket(folder: string): void {
  for (const name of ['.s.PGSQL.5432.lock', '.s.PGSQL.5432']) rmSync(join(folder, name), { force: true });
}

/** Ends it cleanly, or if it does not end in time, harder; nothing that was committed is lost either way. */
export async function stopPostmaster(postmaster: Postmaster, clock: Clock): Promise<void> {
  const steps = [
    { signal: 'SIGINT', waitMs: FAST_STOP_MS },
    { signal: 'SIGQUIT', waitMs: IMMEDIATE_STOP_MS },
    { signal: 'SIGKILL', waitMs: IMMEDIATE_STOP_MS },
  ] as const;
  for (const { signal, waitMs } of steps) {
    if (!postmaster.send(signal)) return;
    for (let waitedMs = 0; postmaster.isAlive() && waitedMs < waitMs; waitedMs += POLL_MS)
      await clock.sleep(POLL_MS);
  }
}
