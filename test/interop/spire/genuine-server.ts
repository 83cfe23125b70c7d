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

interface Place {
  readonly directory: string;
  readonly port: number;
  readonly postgres: PlainPostgres;
}

export class GenuineServer {
  readonly directory: string;
  readonly port: number;
  readonly #postgres: PlainPostgres;
  readonly #program: Program;

  private constructor({ directory, port, postgres }: Place, program: Program) {
    this.directory = directory;
    this.port = port;
    this.#postgres = postgres;
    this.#program = program;
  }

  /**
   * Resolves when its own command line calls it healthy. Throws with its last words when it ends before. `plugins` are
   * further lines of that block.
   */
  static async start(command: string, plugins = ''): Promise<GenuineServer> {
    const place = {
      directory: mkdtempSync(join(tmpdir(), 'writ-spire-')),
      port: await freePort(),
      postgres: await startPlainPostgres(),
    };
    const conf = join(place.directory, 'server.conf');
    writeFileSync(conf, confOf(place, plugins), { mode: 0o600 });
    const program = Program.start({
      name: 'spire-server',
      command,
      args: ['run', '-config', conf],
      logPath: join(place.directory, 'server.log'),
      isTied: false,
    });
    const server = new GenuineServer(place, program);
    try {
      const ask = (): Promise<unknown> => run(command, ['healthcheck', '-socketPath', server.socket]);
      await program.until('healthy', () =>
        ask().then(
          () => true,
          () => false,
        ),
      );
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get socket(): string {
    return socketIn(this.directory);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.#postgres.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const socketIn = (directory: string): string => join(directory, 'private', 'api.sock');

const confOf = ({ directory, port, postgres }: Place, plugins: string): string => `
server {
  trust_domain = "${TRUST_DOMAIN}"
  bind_address = "127.0.0.1"
  bind_port = ${port}
  socket_path = "${socketIn(directory)}"
  data_dir = "${directory}"
  ratelimit { attestation = false }
}
plugins {
  DataStore "sql" {
    plugin_data { database_type = "postgres" connection_string = "${postgres.direct}" }
  }
  KeyManager "memory" { plugin_data {} }
  NodeAttestor "join_token" { plugin_data {} }
  ${plugins}
}
`;
