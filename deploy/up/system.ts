/** The trial system: a server (with its Postgres), an agent, and two services that talk to each other. */
import { extname, join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import type { Selector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { readReport, type Report } from '../demo/report.ts';
import { Admin } from './admin.ts';
import { provideJoinToken } from './join-token.ts';
import type { Layout } from './layout.ts';
import { nodeArguments } from './node-arguments.ts';
import type { UpOptions } from './options.ts';
import { type ProcessSpec, SupervisedProcess } from './process.ts';
import { programNamed } from './program-copies.ts';
import { checkPortFree } from './port.ts';
import { waitFor } from './wait.ts';

/** Of the programs: .ts in the project, .js in a package. */
const EXTENSION = extname(import.meta.filename);

export interface SystemOptions {
  readonly options: UpOptions;
  readonly layout: Layout;
  /** The project's folder. */
  readonly projectRoot: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (text: string) => void;
  readonly onReport: (service: string, report: Report) => void;
}

export class TrialSystem {
  readonly #with: SystemOptions;
  readonly #started: SupervisedProcess[] = [];
  readonly admin: Admin;

  constructor(options: SystemOptions) {
    this.#with = options;
    this.admin = new Admin(options.layout.server.socket);
  }

  idOf(path: string): SpiffeId {
    return SpiffeId.of(this.#with.options.trustDomain, path);
  }

  get nodeId(): SpiffeId {
    return this.idOf('/node/this-machine');
  }

  async startServer(): Promise<void> {
    const { layout, options, clock } = this.#with;
    await checkPortFree(options.port);
    await this.#start(
      {
        name: 'server',
        command: process.execPath,
        args: this.#main('server', ['run', '-config', layout.server.config]),
      },
      (signal) => waitFor({ clock, signal, what: 'the server to be healthy' }, () => this.admin.isHealthy()),
    );
  }

  async startAgent(isReady: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { layout, clock } = this.#with;
    await this.#start(
      {
        name: 'agent',
        command: process.execPath,
        args: this.#main('agent', ['run', '-config', layout.agent.config]),
        before: () => provideJoinToken({ layout, admin: this.admin, clock, alias: this.nodeId }),
      },
      isReady,
    );
  }

  /** Registers a service that runs as a program of its own name, and gives the path of that program. */
  async register(name: string): Promise<string> {
    const path = programNamed(name, this.#with.layout.bin);
    const selectors: Selector[] = [
      { type: 'unix', value: `uid:${process.geteuid?.() ?? 0}` },
      { type: 'unix', value: `path:${path}` },
    ];
    await this.admin.register([{ spiffeId: this.idOf(`/${name}`), parentId: this.nodeId, selectors }]);
    return path;
  }

  /** Starts a registered service and waits for the report that `isDone` is looking for. */
  async startService(
    name: string,
    args: readonly string[],
    isDone: (report: Report) => boolean,
  ): Promise<Report> {
    const { layout, projectRoot, clock, onReport } = this.#with;
    let found: Report | undefined;
    let failure = 'it said nothing';
    const spec = {
      name,
      command: join(layout.bin, name),
      args: nodeArguments(join(projectRoot, 'deploy', 'demo', `${name}${EXTENSION}`), args),
      environment: { SPIFFE_ENDPOINT_SOCKET: `unix://${layout.agent.socket}` },
      onMessage: (message: unknown) => {
        const report = readReport(message);
        if (report === undefined) return;
        if (report.kind === 'failed') failure = report.message;
        if (found === undefined && isDone(report)) found = report;
        onReport(name, report);
      },
    };
    await this.#start(spec, (signal) =>
      waitFor({ clock, signal, what: () => `${name} (${failure})` }, async () => found !== undefined),
    );
    if (found === undefined) throw new Error(failure);
    return found;
  }

  #main(part: 'server' | 'agent', args: readonly string[]): readonly string[] {
    return nodeArguments(join(this.#with.projectRoot, part, `main${EXTENSION}`), args);
  }

  async #start(
    spec: Omit<ProcessSpec, 'logPath'>,
    until: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const logPath = join(this.#with.layout.logs, `${spec.name}.log`);
    const started = new SupervisedProcess({ ...spec, logPath }, this.#with);
    this.#started.push(started);
    await started.start(until);
  }

  async stop(): Promise<void> {
    for (const started of this.#started.toReversed()) await started.stop();
  }
}
