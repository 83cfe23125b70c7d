/** A genuine spire-server with a Postgres of its own: what ours is compared with. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { type PlainPostgres, startPlainPostgres } from '../pgbouncer/servers.ts';
import { Program } from '../program.ts';
import { TRUST_DOMAIN } from '../system-files.ts';

const run = promisify(execFile);

export interface GenuineServerWishes {
  /** Further lines of its `server` block. */
  readonly settings?: readonly string[];
  /** Further lines of its `plugins` block. */
  readonly plugins?: string;
}

interface Place {
  readonly directory: string;
  readonly port: number;
  readonly postgres: PlainPostgres;
}

export class GenuineServer {
  readonly directory: string;
  readonly port: number;
  readonly #command: string;
  readonly #postgres: PlainPostgres;
  #program: Program | undefined;

  private constructor(command: string, { directory, port, postgres }: Place) {
    this.#command = command;
    this.directory = directory;
    this.port = port;
    this.#postgres = postgres;
  }

  /** Resolves when its own command line calls it healthy. Throws with its last words when it ends before. */
  static async start(command: string, wishes: GenuineServerWishes = {}): Promise<GenuineServer> {
    const place = {
      directory: mkdtempSync(join(tmpdir(), 'writ-spire-')),
      port: await freePort(),
      postgres: await startPlainPostgres(),
    };
    writeFileSync(confIn(place.directory), confOf(place, wishes), { mode: 0o600 });
    const server = new GenuineServer(command, place);
    try {
      await server.resume();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Starts its program, again after `halt`, with the keys and the database that it had. */
  async resume(): Promise<void> {
    this.#program = Program.start({
      name: 'spire-server',
      command: this.#command,
      args: ['run', '-config', confIn(this.directory)],
      logPath: join(this.directory, 'server.log'),
      isTied: false,
    });
    await this.#program.until('healthy', () =>
      this.cli('healthcheck').then(
        () => true,
        () => false,
      ),
    );
  }

  async halt(): Promise<void> {
    await this.#program?.stop();
  }

  /** Runs a command of its own command line; rejects, with what it printed, when it fails. */
  async cli(...words: readonly string[]): Promise<string> {
    const args = [...words, '-socketPath', this.socket];
    return (await run(this.#command, args, { timeout: 30_000 })).stdout;
  }

  get socket(): string {
    return socketIn(this.directory);
  }

  async stop(): Promise<void> {
    await this.halt();
    await this.#postgres.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const socketIn = (directory: string): string => join(directory, 'private', 'api.sock');

const confIn = (directory: string): string => join(directory, 'server.conf');

const confOf = (
  { directory, port, postgres }: Place,
  { settings = [], plugins = '' }: GenuineServerWishes,
): string => `
server {
  trust_domain = "${TRUST_DOMAIN}"
  bind_address = "127.0.0.1"
  bind_port = ${port}
  socket_path = "${socketIn(directory)}"
  data_dir = "${directory}"
  ratelimit { attestation = false }
  ${settings.join('\n  ')}
}
plugins {
  DataStore "sql" {
    plugin_data { database_type = "postgres" connection_string = "${postgres.direct}" }
  }
  KeyManager "disk" { plugin_data { keys_path = "${directory}/keys.json" } }
  NodeAttestor "join_token" { plugin_data {} }
  ${plugins}
}
`;
