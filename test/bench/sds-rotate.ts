/**
 * How long a new SVID takes to a real Envoy, up to its word that it has taken it: from the change of an entry on, and from
 * the moment in which the agent tells Envoy.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { monotonicMs } from '../../shared/clock.ts';
import { Envoys, freePorts } from '../interop/envoy/envoy.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { addTimes, percentile } from './percentiles.ts';
import type { Report } from './report.ts';

const BENCH = 'sds-rotate';
const ROTATIONS = 300;
const WARM_UP = 20;
/** Envoy tells of all its parts in each request: what is shorter is none. */
const REQUEST_MIN_BYTES = 30_000;
/** A certificate and its key; what is shorter is of HTTP/2 alone. */
const ANSWER_MIN_BYTES = 500;

export async function run(report: Report): Promise<void> {
  const system = await System.start({ logLevel: 'WARN' });
  const between = new Between(system.files.agentSocket, join(system.files.directory, 'between.sock'));
  try {
    await between.start();
    // The agent sees who stands between.
    const selectors = [`unix:path:${process.execPath}`];
    const entry = { spiffeId: system.idOf('/front'), parentId: system.nodeId, selectors };
    const entryId = await system.admin.createEntry(entry);
    const envoys = new Envoys({ directory: system.files.directory, agentSocket: between.path });
    const envoy = envoys.start({ name: 'front', example: 'front.yaml' }, await freePorts());
    try {
      await envoy.ready();
      const times: Times[] = [];
      for (let at = 0; at < WARM_UP + ROTATIONS; at += 1)
        times.push(
          await between.time(() =>
            system.admin.updateEntry(entryId, { ...entry, x509SvidTtlSeconds: 3_000 + at }),
          ),
        );
      tell(report, times.slice(WARM_UP));
    } finally {
      await envoy.stop();
    }
  } finally {
    between.close();
    await system.stop();
  }
}

interface Times {
  readonly changeToAckMs: number;
  readonly pushToAckMs: number;
}

function tell(report: Report, times: readonly Times[]): void {
  addTimes(report, BENCH, { ms: times.map(({ changeToAckMs }) => changeToAckMs) });
  const ms = times.map(({ pushToAckMs }) => pushToAckMs);
  report.add({ bench: BENCH, metric: 'in Envoy p50', value: percentile(ms, 0.5), unit: 'ms' });
  report.add({ bench: BENCH, metric: 'in Envoy p99', value: percentile(ms, 0.99), unit: 'ms' });
}

/** Stands between Envoy and the agent, and looks at its clock. */
class Between {
  readonly path: string;
  readonly #server;
  #pushedMs: number | undefined;
  #acknowledgedMs: number | undefined;
  #bytes = 0;

  constructor(agentSocket: string, path: string) {
    this.path = path;
    this.#server = createServer((socket: Socket) => {
      const onward = connect(agentSocket);
      for (const one of [socket, onward]) one.on('error', () => one.destroy());
      socket.on('data', ({ length }: Buffer) => this.#fromEnvoy(length));
      onward.on('data', ({ length }: Buffer) => this.#fromAgent(length));
      socket.pipe(onward).pipe(socket);
    });
  }

  async start(): Promise<void> {
    this.#server.listen({ path: this.path, readableAll: true, writableAll: true });
    await once(this.#server, 'listening');
  }

  #fromAgent(length: number): void {
    if (length >= ANSWER_MIN_BYTES) this.#pushedMs ??= monotonicMs();
  }

  #fromEnvoy(length: number): void {
    this.#bytes += length;
    if (this.#bytes >= REQUEST_MIN_BYTES) this.#acknowledgedMs ??= monotonicMs();
  }

  /** From the deed to Envoy's next request, which says that it has taken what came of it. */
  async time(deed: () => Promise<void>): Promise<Times> {
    this.#pushedMs = undefined;
    this.#acknowledgedMs = undefined;
    this.#bytes = 0;
    const startedMs = monotonicMs();
    await deed();
    const endedMs = await eventually('ACK of Envoy', () => this.#acknowledgedMs);
    const pushedMs = this.#pushedMs ?? endedMs;
    return { changeToAckMs: endedMs - startedMs, pushToAckMs: endedMs - pushedMs };
  }

  close(): void {
    this.#server.close();
    rmSync(this.path, { force: true });
  }
}
