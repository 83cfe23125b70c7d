import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe } from 'node:test';
import type { Peer } from '../../agent/attest-workload/peer-info.ts';
import { workloadAttestors } from '../../agent/attest-workload/registry.ts';
import type { WorkloadAttestor } from '../../agent/attest-workload/workload-attestor.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { CONFIG, CONTAINER, POD, PODS } from '../agent/attest-workload/k8s/attesting.ts';
import { FakeKubelet } from '../fakes/kubelet.ts';
import { realPeers } from '../agent/workload-api/door.ts';
import { workloadAttestorContract } from './workload-attestor.ts';

async function sleeping() {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const end = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { peer: realPeers().open(child.pid ?? 0), end };
}

/** As one in a container, which only a runtime could really make. */
class InContainer implements Peer {
  readonly #peer: Peer;
  constructor(peer: Peer) {
    this.#peer = peer;
  }
  get pid(): number {
    return this.#peer.pid;
  }
  get uid(): number {
    return this.#peer.uid;
  }
  get gid(): number {
    return this.#peer.gid;
  }
  readProcFile(name: string, maxBytes: number): Uint8Array {
    const bytes = this.#peer.readProcFile(name, maxBytes);
    return name === 'cgroup' ? Buffer.from(`0::/kubepods/pod${POD}/${CONTAINER}\n`) : bytes;
  }
  readProcLink(name: string): string {
    return this.#peer.readProcLink(name);
  }
  openProcDirectory(): number {
    return this.#peer.openProcDirectory();
  }
  checkAlive(): void {
    this.#peer.checkAlive();
  }
  close(): void {
    this.#peer.close();
  }
}

describe('workload attestor k8s', () => {
  const ending = new AsyncDisposableStack();
  after(() => ending.disposeAsync());
  let attestor: WorkloadAttestor | undefined;
  before(async () => {
    const kubelet = await FakeKubelet.start(
      { after: (end) => ending.defer(async () => end()) },
      { names: ['localhost'] },
    );
    kubelet.pods = PODS;
    const { port, caPath, tokenPath: path } = kubelet;
    const secure = {
      kind: 'secure',
      port,
      caPath,
      login: { kind: 'token', path },
      reloadIntervalMs: 60_000,
    } as const;
    // The name of the node is in the environment, under a name of its own.
    const config = { ...CONFIG, kubelet: secure, nodeNameEnv: 'NODE' };
    const environment = { NODE: 'localhost', MY_NODE_NAME: 'nowhere.invalid' };
    [attestor] = workloadAttestors({ k8s: config }, { clock: systemClock, log: silentLogger, environment });
  });
  workloadAttestorContract(() => ({
    attestor: attestor ?? assert.fail('not started'),
    process: async () => {
      const { peer, end } = await sleeping();
      return { peer: new InContainer(peer), end };
    },
  }));
});

for (const discoverWorkloadPath of [false, true]) {
  const configs = { unix: { discoverWorkloadPath, workloadSizeLimit: 0 } };
  const attestors = workloadAttestors(configs, { clock: systemClock, log: silentLogger });
  for (const attestor of attestors)
    describe(`workload attestor ${attestor.name}${discoverWorkloadPath ? ' with the path' : ''}`, () =>
      workloadAttestorContract(() => ({ attestor, process: sleeping })));
}
