/** A genuine spire-agent under a server: its configuration file, its process, and what it says. For the suites beside it. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Serving } from '../peer.ts';
import { Program } from '../program.ts';
import { TRUST_DOMAIN } from '../system-files.ts';

const run = promisify(execFile);

export interface GenuineAgentSpec {
  /** Path of the program. */
  readonly command: string;
  readonly directory: string;
  readonly serverPort: number;
  /** What its log calls it by. */
  readonly name: string;
  /** Further lines of its `agent` block: where it has its first bundle and its join token from. */
  readonly settings: readonly string[];
  /** Its NodeAttestor block; default join tokens. */
  readonly nodeAttestor?: string;
}

/** A line of its log, which is JSON. */
export interface SaidLine {
  readonly level: string;
  readonly msg: string;
  readonly error?: string;
  readonly [field: string]: unknown;
}

export class GenuineAgent implements Serving {
  readonly #spec: GenuineAgentSpec;
  readonly files: { readonly directory: string };
  readonly #socket: string;
  #program: Program | undefined;

  constructor(spec: GenuineAgentSpec) {
    this.#spec = spec;
    this.files = { directory: join(spec.directory, spec.name) };
    this.#socket = join(this.files.directory, 'api.sock');
    mkdirSync(this.files.directory, { recursive: true, mode: 0o711 });
    writeFileSync(join(this.files.directory, 'agent.conf'), this.#conf());
  }

  #conf(): string {
    const {
      settings,
      serverPort,
      nodeAttestor = 'NodeAttestor "join_token" { plugin_data {} }',
    } = this.#spec;
    return `
agent {
  trust_domain = "${TRUST_DOMAIN}"
  server_address = "127.0.0.1"
  server_port = ${serverPort}
  socket_path = "${this.#socket}"
  data_dir = "${this.files.directory}/data"
  log_level = "DEBUG"
  log_format = "json"
  ${settings.join('\n  ')}
}
plugins {
  KeyManager "disk" { plugin_data { directory = "${this.files.directory}/data" } }
  ${nodeAttestor}
  WorkloadAttestor "unix" { plugin_data { discover_workload_path = true } }
}
`;
  }

  get workloadApi(): string {
    return `unix://${this.#socket}`;
  }

  /** Throws when it has not been launched. */
  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.#spec.name} has not been started`);
    return this.#program;
  }

  /** Without waiting for it; a second start appends to the same log. */
  launch(): void {
    this.#program = Program.start({
      name: this.#spec.name,
      command: this.#spec.command,
      args: ['run', '-config', join(this.files.directory, 'agent.conf')],
      logPath: join(this.files.directory, 'agent.log'),
      isTied: false,
    });
  }

  /** Resolves when its own command line calls it healthy. Throws with its last words when it ends before. */
  async start(): Promise<void> {
    this.launch();
    await this.program.until('healthy', () => this.#isHealthy());
  }

  #isHealthy(): Promise<boolean> {
    return this.cli('healthcheck').then(
      () => true,
      () => false,
    );
  }

  /** Runs a command of the program's own against it; rejects, with what it printed, when it fails. */
  async cli(...words: readonly string[]): Promise<string> {
    const args = [...words, '-socketPath', this.#socket];
    return (await run(this.#spec.command, args, { timeout: 30_000 })).stdout;
  }

  /** All that it has said, oldest first. */
  said(): readonly SaidLine[] {
    const lines = this.program.output().split('\n').slice(0, -1); // the last one may not be whole yet
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as SaidLine);
  }

  /** What it has said in those words. */
  saidOf(msg: string): readonly SaidLine[] {
    return this.said().filter((line) => line.msg === msg);
  }

  /** The SVID that it has on disk for its next start. */
  storedSvid(): unknown {
    const path = join(this.files.directory, 'data', 'agent-data.json');
    const state = JSON.parse(readFileSync(path, 'utf8')) as { svid?: unknown };
    return state.svid ?? undefined;
  }

  stop(): Promise<void> {
    return this.#program?.stop() ?? Promise.resolve();
  }
}
