/**
 * The managed local Postgres: made at the first start, kept running, stopped with the server. Called by
 * open.ts. Its folder holds `data`, the socket's folder `run`, a log, and a copy of the programs where they come from npm.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from '../../shared/files.ts';
import type { ClientConfig } from 'pg';
import { Client } from 'pg';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { whyUnwritable } from '../../shared/unwritable.ts';
import { findBinaries } from './managed/binaries.ts';
import {
  ROLE,
  initialize,
  makeOwned,
  readDataMajor,
  dataDirectoryOf,
  writeAccessFiles,
} from './managed/data-directory.ts';
import type { Claim } from './managed/owner.ts';
import { claimDirectory, isClaimed } from './managed/owner.ts';
import type { PostgresUser } from './managed/postgres-user.ts';
import { checkReachable, choosePostgresUser } from './managed/postgres-user.ts';
import type { Launch, Place, Postmaster } from './managed/postmaster.ts';
import {
  answers,
  findLeftBehind,
  launch,
  removeSocket,
  stopPostmaster,
  waitUntilReady,
} from './managed/postmaster.ts';

export interface ManagedOptions {
  readonly directory: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly preferBinaries?: 'system' | 'npm';
  /** For tests that throw their data away: commits do not wait for the disk. */
  readonly unsafeNoFsync?: boolean;
}

export interface ManagedPostgres {
  readonly connection: ClientConfig;
  /** Where it comes from, for the log and the curious. */
  readonly version: { readonly major: number; readonly origin: 'system' | 'npm' };
  /** Pid of the postmaster that runs now. */
  pid(): number;
  stop(): Promise<void>;
}

const QUERY_TIMEOUT_MS = 30_000; // making a database copies files
const RESTART = { initialMs: 200, maxMs: 10_000 };
/** A run that lasted this long makes the next restart a first one again. */
const STABLE_MS = 60_000;
/** sun_path holds 108 bytes (unix(7)), and the socket's name takes 14 of them. */
const SOCKET_FOLDER_MAX_BYTES = 92;

/** Small memory, full durability; messages carry no values. */
const SETTINGS = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'max_connections=60',
  'shared_buffers=64MB',
  'huge_pages=off',
  'jit=off',
  'max_parallel_workers_per_gather=0',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=512MB',
  'checkpoint_timeout=15min',
  'synchronous_commit=on',
  'full_page_writes=on',
  'client_connection_check_interval=5s',
  'log_min_messages=warning',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
  'log_timezone=UTC',
];

/** Throws FailedPrecondition, one line that says what to do, when Postgres cannot be brought up. */
export async function startManagedPostgres(options: ManagedOptions): Promise<ManagedPostgres> {
  try {
    makeDirectories(options.directory, 0o711);
    const directory = realpathSync(options.directory);
    return await startClaimed({ ...options, directory }, claimDirectory(directory));
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const message = `cannot bring up the database in ${options.directory}: ${whyUnwritable(error, join(options.directory, 'owner'))}`;
    throw new CodedError(Code.failedPrecondition, message, { cause: error });
  }
}

/** The way to a database that another process keeps running; undefined when none does. Its user and root get in. */
export function findRunningPostgres(directory: string): ClientConfig | undefined {
  if (!existsSync(directory)) return undefined;
  const path = realpathSync(directory);
  return isClaimed(path) ? { ...connectionIn(socketFolderOf(path)), database: ROLE } : undefined;
}

async function startClaimed(options: ManagedOptions, claim: Claim): Promise<ManagedPostgres> {
  try {
    const { launched, connection } = await prepare(options);
    const supervisor = new Supervisor(options, launched, connection);
    await supervisor.start();
    await createDatabase(connection);
    return {
      connection: { ...connection, database: ROLE },
      version: { major: launched.binaries.major, origin: launched.binaries.origin },
      pid: () => supervisor.pid,
      stop: () => supervisor.stop().finally(() => claim.release()),
    };
  } catch (error) {
    claim.release();
    throw error;
  }
}

const SHARED_USER =
  'the database runs as a user that other programs may run as, who could change what it holds: make a user "postgres"';

async function prepare(options: ManagedOptions): Promise<{ launched: Launch; connection: ClientConfig }> {
  const { directory, log } = options;
  const dataMajor = readDataMajor(directory);
  const user = choosePostgresUser(dataDirectoryOf(directory));
  if (user.isShared) log.warn(SHARED_USER, { user: user.name });
  // Whatever the umask was: the user that we drop to passes through, and sees its own folders only.
  if (user.isDropped) chmodSync(directory, 0o711);
  checkReachable(dataDirectoryOf(directory), user);
  const binaries = await findBinaries({ directory, dataMajor, prefer: options.preferBinaries ?? 'system' });
  const socketFolder = prepareSocketFolder(directory, user);
  if (dataMajor === undefined) {
    await initialize({ directory, binaries, user, syncs: options.unsafeNoFsync !== true });
    log.info('database created', {
      directory,
      major: binaries.major,
      origin: binaries.origin,
      user: user.name,
    });
  }
  const { hbaPath, identPath } = writeAccessFiles(directory);
  const settings = [
    ...SETTINGS,
    `fsync=${options.unsafeNoFsync === true ? 'off' : 'on'}`,
    `unix_socket_directories="${socketFolder.replaceAll('"', '""')}"`,
    `hba_file=${hbaPath}`,
    `ident_file=${identPath}`,
  ];
  return { launched: { directory, binaries, user, settings }, connection: connectionIn(socketFolder) };
}

const connectionIn = (socketFolder: string): ClientConfig => ({
  host: socketFolder,
  port: 5_432,
  user: ROLE,
  database: 'postgres',
  password: () => '',
  ssl: false,
  application_name: ROLE,
  connectionTimeoutMillis: 5_000,
});

/** In the directory, or where its path is too long for a socket, in the folder for temporary files. */
function socketFolderOf(directory: string): string {
  const inside = join(directory, 'run');
  const isShort = Buffer.byteLength(inside) <= SOCKET_FOLDER_MAX_BYTES;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return isShort ? inside : join(tmpdir(), `writ-${name}`);
}

function prepareSocketFolder(directory: string, user: PostgresUser): string {
  const folder = socketFolderOf(directory);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) makeOwned(folder, user);
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== user.uid || (found.mode & 0o777) !== 0o700) {
    throw new CodedError(
      Code.failedPrecondition,
      `${folder} must be a folder of user "${user.name}" with mode 0700: remove it and start again`,
    );
  }
  return folder;
}

const NEVER_STARTED: Postmaster = {
  pid: 0,
  ended: Promise.resolve(),
  send: () => false,
  isAlive: () => false,
};

/** Keeps one postmaster running until it is told to stop. */
class Supervisor {
  readonly #options: ManagedOptions;
  readonly #launch: Launch;
  readonly #connection: ClientConfig;
  readonly #place: Place;
  readonly #abort = new AbortController();
  #running: Postmaster = NEVER_STARTED;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ManagedOptions, launched: Launch, connection: ClientConfig) {
    this.#options = options;
    this.#launch = launched;
    this.#connection = connection;
    this.#place = { directory: launched.directory, clock: options.clock };
  }

  get pid(): number {
    return this.#running.pid;
  }

  async start(): Promise<void> {
    this.#running = await this.#bringUp();
    this.#loop = this.#keepUp();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'));
    await stopPostmaster(this.#running, this.#place.clock);
    await this.#loop;
  }

  async #bringUp(): Promise<Postmaster> {
    const left = await findLeftBehind(this.#place);
    if (left !== undefined && (await answers(this.#connection))) {
      this.#options.log.info('adopted the database process of an earlier run', { pid: left.pid });
      return left;
    }
    if (left !== undefined) await stopPostmaster(left, this.#place.clock);
    removeSocket(String(this.#connection.host)); // of one that is gone: its lock may name a process that is another's now
    const started = launch(this.#launch);
    try {
      await waitUntilReady(started, this.#connection, this.#place);
    } catch (error) {
      await stopPostmaster(started, this.#place.clock);
      throw error;
    }
    return started;
  }

  async #keepUp(): Promise<void> {
    const { clock, log, random } = this.#options;
    const backoff = new Backoff(random, RESTART);
    for (;;) {
      const startedMs = clock.monotonicMs();
      await this.#running.ended;
      if (this.#abort.signal.aborted) return;
      log.error('database process ended, restarting it', { pid: this.#running.pid });
      if (clock.monotonicMs() - startedMs > STABLE_MS) backoff.reset();
      await clock.sleep(backoff.next(), this.#abort.signal).catch(() => {});
      if (this.#abort.signal.aborted) return;
      await this.#restart();
    }
  }

  /** A failed attempt leaves a process that has ended, so the loop tries again after a longer while. */
  async #restart(): Promise<void> {
    try {
      this.#running = await this.#bringUp();
      this.#options.log.info('database process restarted', { pid: this.#running.pid });
      if (this.#abort.signal.aborted) await stopPostmaster(this.#running, this.#place.clock);
    } catch (error) {
      this.#options.log.error('database process cannot be restarted', { reason: messageOf(error) });
    }
  }
}

async function createDatabase(connection: ClientConfig): Promise<void> {
  const client = new Client({ ...connection, query_timeout: QUERY_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [ROLE]);
    if (rowCount === 0) await client.query(`create database ${ROLE} template template0`);
  } finally {
    await client.end();
  }
}
