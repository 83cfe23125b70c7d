/**
 * A real Writ in a folder of its own: server with its Postgres, and agent, as processes started by ./writ. For the
 * interop, bench and slow suites.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { dataDirectoryOf } from '../../server/datastore/managed/data-directory.ts';
import { processesIn } from '../../server/datastore/managed/processes.ts';
import { WorkloadApiClient, type X509Context } from '../../shared/client/index.ts';
import { systemClock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { type EntryText, SystemAdmin } from './admin.ts';
import { freePort } from './free-port.ts';
import { eventually, Program } from './program.ts';
import { makeSystemFiles, type SystemFiles, type SystemOptions, TRUST_DOMAIN } from './system-files.ts';

const ROOT = dirname(dirname(import.meta.dirname));
export const WRIT = join(ROOT, 'writ');
const run = promisify(execFile);

export class System {
  readonly files: SystemFiles;
  /** Every entry's parent: an alias of the agent. */
  readonly nodeId = `spiffe://${TRUST_DOMAIN}/node/test`;
  readonly admin: SystemAdmin;
  /** In memory: where the agent keeps SVIDs for its next start. */
  readonly #runtime: string;
  #server: Program | undefined;
  #agent: Program | undefined;

  private constructor(files: SystemFiles, folder = '/dev/shm') {
    this.files = files;
    this.#runtime = mkdtempSync(join(folder, 'writ-system-'));
    this.admin = new SystemAdmin(files.serverSocket);
  }

  /** Resolves when the agent serves its Workload API. Throws with the last words of what did not start. */
  static async start(options: SystemOptions = {}): Promise<System> {
    const system = await System.startWithoutAgent(options);
    try {
      await system.startAgent();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** The same without an agent of ours: for suites that bring their own. */
  static async startWithoutAgent(options: SystemOptions = {}): Promise<System> {
    const system = new System(makeSystemFiles(await freePort(), options), options.folder);
    try {
      await system.startServer();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get server(): Program {
    return running(this.#server, 'server');
  }

  get agent(): Program {
    return running(this.#agent, 'agent');
  }

  /** The address of the Workload API. */
  get workloadApi(): string {
    return `unix://${this.files.agentSocket}`;
  }

  idOf(path: string): string {
    return `spiffe://${TRUST_DOMAIN}${path}`;
  }

  /** Without waiting for it. */
  launchServer(): void {
    this.#server = this.#writ('server', this.files.serverLog, this.files.serverConf);
  }

  async startServer(): Promise<void> {
    this.launchServer();
    await this.server.until('healthy', () => isHealthy(this.files.serverSocket));
  }

  /** Gives it a join token, which one that has an SVID does not look at. */
  async startAgent(): Promise<void> {
    writeFileSync(this.files.bundle, await this.admin.bundlePem());
    writeFileSync(this.files.joinToken, await this.admin.joinToken(this.nodeId), { mode: 0o600 });
    await this.restartAgent();
  }

  /** Without waiting for it. */
  launchAgent(): void {
    this.#agent = this.#writ('agent', this.files.agentLog, this.files.agentConf);
  }

  /** Starts it as it is, although no server may answer. */
  async restartAgent(): Promise<void> {
    this.launchAgent();
    await this.agent.until('healthy', async () => (await this.isAgentHealthy()) === true);
  }

  isAgentHealthy(): Promise<boolean> {
    return this.cli('agent', 'healthcheck', '-socketPath', this.files.agentSocket).then(
      () => true,
      () => false,
    );
  }

  #writ(part: 'server' | 'agent', logPath: string, conf: string): Program {
    const args = [WRIT, part, 'run', '-config', conf];
    const environment = { RUNTIME_DIRECTORY: this.#runtime };
    return Program.start({ name: `writ ${part}`, command: 'sh', args, logPath, environment });
  }

  /** The file in which the agent keeps SVIDs; undefined while there is none. */
  keptFile(): string | undefined {
    const [name] = readdirSync(this.#runtime);
    return name === undefined ? undefined : join(this.#runtime, name);
  }

  /** Registers for a workload on this node; resolves with the entry's ID. */
  register(entry: Omit<EntryText, 'parentId'>): Promise<string> {
    return this.admin.createEntry({ ...entry, parentId: this.nodeId });
  }

  /** Runs a command to its end; rejects, with what it printed, when it fails. */
  async cli(part: 'server' | 'agent', ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('sh', [WRIT, part, ...args], { timeout: 60_000 });
    return stdout;
  }

  /** The same, for commands of the server that speak to its admin socket. */
  serverCli(...args: readonly string[]): Promise<string> {
    return this.cli('server', ...args, '-socketPath', this.files.serverSocket);
  }

  /** What the Workload API answers to this process as soon as it has an identity. */
  async identities(): Promise<X509Context> {
    const client = new WorkloadApiClient({ address: this.workloadApi });
    try {
      return await eventually('identity', () => client.fetchX509Context(AbortSignal.timeout(5_000)));
    } finally {
      client.close();
    }
  }

  /** Resolves when the Workload API has nothing for this process any more. */
  async untilDenied(): Promise<void> {
    const client = new WorkloadApiClient({ address: this.workloadApi });
    const isDenied = (error: unknown): boolean =>
      error instanceof CodedError && error.code === Code.permissionDenied;
    const ask = (): Promise<true | undefined> =>
      client.fetchX509Context(AbortSignal.timeout(5_000)).then(
        () => undefined,
        (error: unknown) => isDenied(error) || undefined,
      );
    try {
      await eventually('denial', ask);
    } finally {
      client.close();
    }
  }

  /** The postmaster's pid, as its file says. */
  postmasterPid(): number {
    const path = join(dataDirectoryOf(join(this.files.serverData, 'postgres')), 'postmaster.pid');
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  }

  now(): Date {
    return systemClock.now();
  }

  /** Where the agent keeps SVIDs in memory. */
  get runtimeDirectory(): string {
    return this.#runtime;
  }

  /** The Postgres that the server runs: its processes. */
  postgresPids(): readonly number[] {
    try {
      return processesIn(dataDirectoryOf(join(this.files.serverData, 'postgres')));
    } catch {
      return []; // it was never made
    }
  }

  /** Stops all of it, what a killed server left running too, and removes the folder. */
  async stop(): Promise<void> {
    this.admin.close();
    await this.#agent?.stop();
    await this.#server?.stop();
    for (const pid of this.postgresPids()) quit(pid);
    await eventually('end of Postgres', () => this.postgresPids().length === 0 || undefined);
    for (const directory of [this.files.directory, this.#runtime])
      rmSync(directory, { recursive: true, force: true });
  }
}

/** Over a channel of its own: one that has tried for a while waits longer and longer before it tries again. */
async function isHealthy(socket: string): Promise<boolean> {
  const admin = new SystemAdmin(socket);
  try {
    return await admin.isHealthy();
  } finally {
    admin.close();
  }
}

function running(program: Program | undefined, name: string): Program {
  if (program === undefined) throw new Error(`the ${name} has not been started`);
  return program;
}

function quit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // it ended by itself
  }
}
