/** WIT-SVIDs for a workload written with the Go SDK, served by a real Writ that has them turned on, and by one that has not. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Peer, type PeerEvent } from '../peer.ts';
import { System } from '../system.ts';
import { buildPeer } from './build.ts';

const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

const isOutcome = ({ event }: PeerEvent): boolean => ['svid', 'error', 'failed'].includes(event);

async function start(hasWitSvids: boolean) {
  const system = await System.start({ hasWitSvids });
  closing.push(() => system.stop());
  const program = buildPeer(system);
  const entry = {
    spiffeId: system.idOf('/go'),
    selectors: [`unix:path:${program}`],
    x509SvidTtlSeconds: 30,
  };
  await system.register(entry);
  const peer = Peer.start(system, program, ['wit', entry.spiffeId]);
  closing.push(() => peer.stop());
  return { peer, id: entry.spiffeId };
}

test('WITSource of the Go SDK gets its SVID with the key that it names, and another before it ends', async () => {
  const { peer, id } = await start(true);
  const first = await peer.next('an SVID', isOutcome);
  assert.deepEqual({ ...first, text: '' }, { event: 'svid', id, text: '' });
  const limitMs = 60_000;
  const second = await peer.next('another', ({ event, text }) => event === 'failed' || text !== first.text, {
    limitMs,
  });
  assert.deepEqual({ ...second, text: '' }, { event: 'svid', id, text: '' });
});

test('it learns that an agent has none', async () => {
  const { peer } = await start(false);
  assert.equal((await peer.next('an outcome', isOutcome)).code, 'Unimplemented');
});
