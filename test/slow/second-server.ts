/**
 * A second server on the database of a system: it has a CA, a socket and a port of its own, and reads the change feed by
 * itself. Used by the recovery tests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRunningPostgres } from '../../server/datastore/embedded.ts';
import { SystemAdmin } from '../interop/admin.ts';
import { freePort } from '../interop/free-port.ts';
import { provideLibrary } from '../interop/install.ts';
import { Program } from '../interop/program.ts';
import { type System, WRIT } from '../interop/system.ts';
import { TRUST_DOMAIN } from '../interop/system-files.ts';

/** What makes a program see another time of day; its steady clock stays. */
const otherTime = (aheadSeconds: number): Readonly<Record<string, string>> => ({
  LD_PRELOAD: provideLibrary({ glob: '/usr/lib/*/faketime/libfaketime.so.1', debianPackage: 'libfaketime' }),
  FAKETIME: `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

export class SecondServer {
  readonly port: number;
  readonly dataDirectory: string;
  readonly #conf: string;
  readonly #log: string;
  readonly admin: SystemAdmin;
  #program: Program | undefined;

  private constructor({ files }: System, port: number) {
    this.port = port;
    this.dataDirectory = join(files.directory, 'second');
    this.#conf = join(files.directory, 'second.conf');
    this.#log = join(files.directory, 'second.log');
    this.admin = new SystemAdmin(join(this.dataDirectory, 'api.sock'));
  }

  /** Resolves when it is healthy; the system's own server has to run. `host`: another folder of the database's socket. */
  static async start(system: System, otherHost?: string): Promise<SecondServer> {
    const second = new SecondServer(system, await freePort());
    mkdirSync(second.dataDirectory, { mode: 0o700 });
    const postgres = findRunningPostgres(join(system.files.serverData, 'postgres'));
    if (postgres === undefined) throw new Error('the system has no database of its own');
    const { host, port, user, database } = postgres;
    second.#writeConf(`host=${otherHost ?? host} port=${port} user=${user} dbname=${database}`);
    second.launch();
    await second.#running().until('healthy', () => second.isHealthy());
    return second;
  }

  #writeConf(connectionString: string): void {
    writeFileSync(
      this.#conf,
      `server {
  trust_domain = "${TRUST_DOMAIN}"
  bind_address = "127.0.0.1"
  bind_port = ${this.port}
  socket_path = "${this.dataDirectory}/api.sock"
  data_dir = "${this.dataDirectory}"
}
plugins {
  DataStore "sql" { plugin_data { database_type = "postgres" connection_string = "${connectionString}" } }
  KeyManager "disk" { plugin_data { keys_path = "${this.dataDirectory}/keys.json" } }
  NodeAttestor "join_token" { plugin_data {} }
}
`,
    );
  }

  #running(): Program {
    if (this.#program === undefined) throw new Error('the second server was not started');
    return this.#program;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** What it has logged so far. */
  log(): string {
    return this.#running().output();
  }

  get isRunning(): boolean {
    return this.#running().isRunning;
  }

  isHealthy(): Promise<boolean> {
    return this.admin.isHealthy();
  }

  /** Starts it without waiting for it, its clock so much ahead of the machine's. */
  launch(clockAheadSeconds = 0): void {
    const args = [WRIT, 'server', 'run', '-config', this.#conf];
    this.#program = Program.start({
      name: 'second writ server',
      command: 'sh',
      args,
      logPath: this.#log,
      environment: clockAheadSeconds === 0 ? {} : otherTime(clockAheadSeconds),
    });
  }

  kill(): Promise<void> {
    return this.#running().kill();
  }

  async close(): Promise<void> {
    this.admin.close();
    await this.#program?.stop();
  }
}
