/** A Postgres of the system that asks for SCRAM passwords over TCP, and PgBouncer in front of it, in a folder of their own. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { findBinaries } from '../../../server/datastore/managed/binaries.ts';
import type { PostgresUser } from '../../../server/datastore/managed/postgres-user.ts';
import { choosePostgresUser } from '../../../server/datastore/managed/postgres-user.ts';
import { programEnvironment, runProgram } from '../../../server/datastore/managed/run-program.ts';
import { systemClock } from '../../../shared/clock.ts';
import { toHex } from '../../../shared/bytes.ts';
import { systemRandom } from '../../../shared/random.ts';

export interface Servers {
  /** Connection strings. */
  readonly direct: string;
  readonly pooled: string;
  readonly version: string;
  stop(): Promise<void>;
}

const PGBOUNCER = '/usr/sbin/pgbouncer';
const READY_TRIES = 200;
const READY_WAIT_MS = 50;

/** Installs PgBouncer where it is missing; throws when that is not possible. */
export function installPgBouncer(): void {
  if (existsSync(PGBOUNCER)) return;
  const env = { ...programEnvironment(undefined), DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'pgbouncer', 'postgresql']]) {
    const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed: ${stderr}`);
  }
}

interface Place {
  readonly folder: string;
  readonly user: PostgresUser;
  readonly password: string;
}

export async function startServers(): Promise<Servers> {
  const place = makePlace();
  const { folder } = place;
  const [postgresPort, poolerPort] = [await freePort(), await freePort()];
  const postgres = await startPostgres(place, postgresPort);
  const pooler = startPgBouncer(place, { postgresPort, poolerPort });
  const stop = async (): Promise<void> => {
    await Promise.all([end(pooler, 'SIGTERM'), end(postgres, 'SIGQUIT')]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady({ ...place, port: postgresPort });
    const version = await untilReady({ ...place, port: poolerPort });
    return {
      direct: connectionString(place, postgresPort),
      pooled: connectionString(place, poolerPort),
      version,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface PlainPostgres {
  /** Connection string. */
  readonly direct: string;
  stop(): Promise<void>;
}

/** Postgres alone, for a foreign program that keeps its things in one. */
export async function startPlainPostgres(): Promise<PlainPostgres> {
  const place = makePlace();
  const port = await freePort();
  const postgres = await startPostgres(place, port);
  const stop = async (): Promise<void> => {
    await end(postgres, 'SIGQUIT');
    rmSync(place.folder, { recursive: true, force: true });
  };
  try {
    await untilReady({ ...place, port });
  } catch (error) {
    await stop();
    throw error;
  }
  return { direct: connectionString(place, port), stop };
}

const connectionString = ({ password }: Place, port: number): string =>
  `host=127.0.0.1 port=${port} user=writ password=${password} dbname=postgres sslmode=disable`;

/** Of a Postgres that speaks TLS. */
export interface TlsFiles {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** Of the clients' certificates. */
  readonly clientCa: string;
}

export interface TlsPostgres {
  readonly port: number;
  readonly password: string;
  stop(): Promise<void>;
}

/** Takes nobody without TLS; user "writ" by password, user "bycert" by a certificate of that common name. */
export async function startTlsPostgres({ certificate, key, clientCa }: TlsFiles): Promise<TlsPostgres> {
  const place = makePlace();
  const port = await freePort();
  const file = (name: string, content: string): string => own(join(place.folder, name), content, place);
  const postgres = await startPostgres(place, port, [
    'ssl=on',
    `ssl_cert_file=${file('server.pem', certificate)}`,
    `ssl_key_file=${file('server-key.pem', key)}`,
    `ssl_ca_file=${file('clients.pem', clientCa)}`,
    `hba_file=${file('pg_hba.conf', 'hostssl all bycert all cert\nhostssl all writ all scram-sha-256\n')}`,
  ]);
  const stop = async (): Promise<void> => {
    await end(postgres, 'SIGQUIT');
    rmSync(place.folder, { recursive: true, force: true });
  };
  try {
    await untilReady({ ...place, port, ssl: { rejectUnauthorized: false } });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, password: place.password, stop };
}

function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'writ-postgres-'));
  const user = choosePostgresUser(join(folder, 'data'));
  if (user.isDropped) chownSync(folder, user.uid, user.gid);
  return { folder, user, password: toHex(systemRandom.bytes(16)) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const identity = (user: PostgresUser) => (user.isDropped ? { uid: user.uid, gid: user.gid } : {});

function own(path: string, content: string, { user }: Place): string {
  writeFileSync(path, content, { mode: 0o600 });
  if (user.isDropped) chownSync(path, user.uid, user.gid);
  return path;
}

async function startPostgres(
  place: Place,
  port: number,
  more: readonly string[] = [],
): Promise<ChildProcess> {
  const { folder, user, password } = place;
  const binaries = await findBinaries({ directory: folder, dataMajor: undefined, prefer: 'system' });
  const data = join(folder, 'data');
  const passwordFile = own(join(folder, 'password'), password, place);
  const args = [
    '-D',
    data,
    '-U',
    'writ',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const made = await runProgram(join(binaries.binDirectory, 'initdb'), args, {
    cwd: folder,
    ...identity(user),
  });
  if (made.code !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
    ...more,
  ];
  return run(
    join(binaries.binDirectory, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    place,
  );
}

/** Nothing is ignored that a client asks for at login: a client that sets session parameters is refused. */
function startPgBouncer(place: Place, ports: { postgresPort: number; poolerPort: number }): ChildProcess {
  const users = own(join(place.folder, 'users.txt'), `"writ" "${place.password}"\n`, place);
  const config = `
[databases]
* = host=127.0.0.1 port=${ports.postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ports.poolerPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
max_prepared_statements = 0
`;
  const supported = poolerVersion() >= 121 ? config : config.replace(/^max_prepared_statements.*\n/m, '');
  return run(PGBOUNCER, [own(join(place.folder, 'pgbouncer.ini'), supported, place)], place);
}

/** 121 for 1.21. */
function poolerVersion(): number {
  const { stdout } = spawnSync(PGBOUNCER, ['--version'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /PgBouncer (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) * 100 + Number(minor);
}

function run(program: string, args: readonly string[], { folder, user }: Place): ChildProcess {
  const log = openSync(join(folder, `${program.split('/').at(-1)}.log`), 'a');
  return spawn(program, args, {
    cwd: folder,
    env: programEnvironment(undefined),
    stdio: ['ignore', log, log],
    ...identity(user),
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

interface Reached extends Place {
  readonly port: number;
  readonly ssl?: ClientConfig['ssl'];
}

/** The version that answers. */
async function untilReady({ folder, password, port, ssl = false }: Reached): Promise<string> {
  for (let tries = 1; ; tries++) {
    const client = new Client({ host: '127.0.0.1', port, user: 'writ', password, database: 'postgres', ssl });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      return rows[0]?.server_version ?? '';
    } catch (cause) {
      if (tries === READY_TRIES) throw new Error(`port ${port} does not answer: ${logs(folder)}`, { cause });
      await systemClock.sleep(READY_WAIT_MS);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

const logs = (folder: string): string =>
  ['postgres.log', 'pgbouncer.log']
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => readFileSync(join(folder, name), 'utf8').slice(-2_000))
    .join('\n');
