/** The Go SDK below a corporate CA: SVIDs with intermediates, believed by the root alone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  corporateIntermediate,
  corporateRoot,
  UpstreamFiles,
} from '../../server/upstream-authority/corporate-ca.ts';
import { Peer } from '../peer.ts';
import { System } from '../system.ts';
import { buildPeer } from './build.ts';

const GO_ID = 'spiffe://example.org/go';
let system: System;
let program: string;
const peers: Peer[] = [];

before(async () => {
  const root = await corporateRoot();
  const files = new UpstreamFiles({ after });
  const upstreamAuthority = files.writeBelow(await corporateIntermediate(root), [], [root]);
  system = await System.start({ upstreamAuthority });
  program = buildPeer(system);
  await system.register({ spiffeId: GO_ID, selectors: [`unix:path:${program}`] });
});

after(async () => {
  for (const peer of peers) await peer.stop();
  await system?.stop();
});

function peer(...args: readonly string[]): Peer {
  const started = Peer.start(system, program, args);
  peers.push(started);
  return started;
}

test('X509Source of the Go SDK gets its SVID with the whole chain, and verifies it', async () => {
  const { event, chain } = await peer('fetch').next(
    'an SVID',
    ({ event }) => event === 'svid' || event === 'failed',
  );
  assert.deepEqual([event, chain], ['svid', 3]);
});

test('a Go client and a Go server know each other by their IDs', async () => {
  const { address = '' } = await peer('serve', GO_ID).next('address', ({ event }) => event === 'listening');
  const answer = await peer('call', address, GO_ID).next(
    'an answer',
    ({ event }) => event === 'answer' || event === 'failed',
  );
  assert.deepEqual([answer.event, answer.id], ['answer', GO_ID]);
});
