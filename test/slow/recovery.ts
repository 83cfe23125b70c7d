/** Kills parts of a loaded system with SIGKILL, and sees that it comes back. Called by the slow and the soak suite. */
import assert from 'node:assert/strict';
import { type X509Identity, X509Source } from '../../shared/client/index.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { Load } from './load.ts';

const BACK_MS = 60_000;
const LOAD_MS = 1_500;

type Say = (text: string) => unknown;

/** What is struck, and what an operator's supervisor then does. */
const strokes: Readonly<Record<string, (system: System) => Promise<void>>> = {
  agent: async (system) => {
    await system.agent.kill();
    await system.restartAgent();
  },
  server: async (system) => {
    await system.server.kill();
    await serverIsBack(system);
  },
  postgres: async (system) => {
    process.kill(system.postmasterPid(), 'SIGKILL');
    await serverIsBack(system);
  },
  'server and agent': async (system) => {
    await Promise.all([system.server.kill(), system.agent.kill()]);
    await serverIsBack(system);
    await system.restartAgent();
  },
  'server and postgres': async (system) => {
    const postmaster = system.postmasterPid();
    await system.server.kill();
    process.kill(postmaster, 'SIGKILL');
    await serverIsBack(system);
  },
};

/** As a supervisor does: a server that ended, for lack of its database or else, is started again. */
const serverIsBack = (system: System): Promise<true> =>
  eventually(
    'healthy server',
    async () => {
      if (!system.server.isRunning) await system.startServer();
      return (await system.admin.isHealthy()) || undefined;
    },
    BACK_MS,
  );

/** Each stroke in turn, `rounds` times over. */
export async function strikeAndRecover(rounds: number, say: Say): Promise<void> {
  const system = await System.start({ x509SvidTtl: '120s' });
  const selectors = [`unix:path:${process.execPath}`];
  await system.register({ spiffeId: system.idOf('/steady'), selectors });
  const workload = new Workload();
  const load = new Load(system);
  try {
    await workload.start(system);
    for (let round = 1; round <= rounds; round += 1)
      for (const [name, strike] of Object.entries(strokes)) {
        const told = await strikeOnce({
          system,
          workload,
          load,
          strike,
          path: `/round-${round}/${name.replaceAll(' ', '-')}`,
        });
        say(`round ${round}, ${name} killed: ${told}`);
        assert.deepEqual(workload.losses, [], 'the workload lost an identity that it was still entitled to');
      }
  } finally {
    workload.close();
    await system.stop();
  }
}

interface Stroke {
  readonly system: System;
  readonly workload: Workload;
  readonly load: Load;
  readonly strike: (system: System) => Promise<void>;
  /** Of the identity that shows that all works again. */
  readonly path: string;
}

/** Resolves with what to tell of it. */
async function strikeOnce({ system, workload, load, strike, path }: Stroke): Promise<string> {
  load.start();
  try {
    await runFor(load);
    const startedMs = monotonicMs();
    await strike(system);
    await newIdentityArrives(system, workload, path);
    const backMs = Math.round(monotonicMs() - startedMs);
    await load.end();
    await load.check();
    const failures = [...load.failures].map(([why, times]) => `\n    ${times} times: ${why}`);
    return `back after ${backMs} ms; ${load.acknowledged} deeds acknowledged${failures.join('')}`;
  } finally {
    await load.end();
  }
}

async function runFor(load: Load): Promise<void> {
  const startedMs = monotonicMs();
  await eventually('load', () => (monotonicMs() - startedMs > LOAD_MS && load.acknowledged > 0) || undefined);
}

/** From the admin API to the open stream of the workload: every part has to work for that. */
async function newIdentityArrives(system: System, workload: Workload, path: string): Promise<void> {
  const spiffeId = system.idOf(path);
  const selectors = [`unix:path:${process.execPath}`];
  const entry = await eventually(
    'answer to a creation',
    () => system.register({ spiffeId, selectors }),
    BACK_MS,
  );
  const has = (): boolean => workload.ids().includes(spiffeId);
  await eventually(`identity ${path}`, () => has() || undefined, BACK_MS);
  await system.admin.deleteEntry(entry);
  await eventually(`end of identity ${path}`, () => !has() || undefined, BACK_MS);
}

/**
 * One workload's source of identities, and whether it ever had none: it keeps what it has through broken streams, and
 * drops it when it is told that it has no identity any more.
 */
class Workload {
  readonly losses: string[] = [];
  #source: X509Source | undefined;
  #identities: readonly X509Identity[] = [];

  async start({ workloadApi: address }: System): Promise<void> {
    const pick = (identities: readonly X509Identity[]): X509Identity | undefined => {
      this.#identities = identities;
      return identities[0];
    };
    this.#source = await X509Source.create({ address, pick, signal: AbortSignal.timeout(BACK_MS) });
    this.#source.onUpdate(() => void this.ids());
  }

  /** The IDs it has now. */
  ids(): readonly string[] {
    try {
      this.#source?.identity();
      return this.#identities.map(({ svid }) => svid.id.toString());
    } catch (error) {
      this.losses.push(String(error));
      return [];
    }
  }

  close(): void {
    this.#source?.close();
  }
}
