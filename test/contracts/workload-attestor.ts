/** What every workload attestor promises (agent/attest-workload/workload-attestor.ts). */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Peer } from '../../agent/attest-workload/peer-info.ts';
import type { WorkloadAttestor } from '../../agent/attest-workload/workload-attestor.ts';
import { WORKLOAD_SELECTORS } from '../../shared/config/known-selectors.ts';
import { selectorFaults } from '../../shared/config/selector-faults.ts';
import { selectorKey } from '../../shared/selectors.ts';

export interface AttestorCase {
  readonly attestor: WorkloadAttestor;
  /** A process of the attestor's kind, and what ends it. */
  readonly process: () => Promise<{ peer: Peer; end: () => Promise<void> }>;
}

const { signal } = new AbortController();

export function workloadAttestorContract(make: () => AttestorCase): void {
  it('is called as its selectors are, which are among those that entries can name', async () => {
    const { attestor, process } = make();
    const { peer, end } = await process();
    const selectors = await attestor.attest(peer, signal);
    assert.ok(Object.hasOwn(WORKLOAD_SELECTORS, attestor.name));
    assert.ok(selectors.length > 0);
    assert.ok(selectors.every(({ type, value }) => type === attestor.name && value !== ''));
    assert.deepEqual(selectorFaults(selectors, false), []);
    peer.close();
    await end();
  });

  it('finds the same again, and each once', async () => {
    const { attestor, process } = make();
    const { peer, end } = await process();
    const [first, second] = await Promise.all([attestor.attest(peer, signal), attestor.attest(peer, signal)]);
    assert.deepEqual(first, second);
    assert.equal(new Set(first.map(selectorKey)).size, first.length);
    peer.close();
    await end();
  });

  it('fails for a process that has ended, and for one that was let go', async () => {
    const { attestor, process } = make();
    const { peer, end } = await process();
    await end();
    await assert.rejects(attestor.attest(peer, signal), /the process is gone/);
    peer.close();
    await assert.rejects(attestor.attest(peer, signal), /the connection is gone/);
  });
}
