import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugDefinition } from '../../../../proto/gen/spire/agent/debug/v1/Debug.ts';
import { addSeconds, unixSeconds } from '../../../../shared/clock.ts';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { AdminDoor } from '../admin-door.ts';
import { makeOwnSvid } from '../own-svid.ts';

const start = new FakeClock().now();
const { own, bundle } = await makeOwnSvid(start);

test('tells how long the agent runs, what it holds, when it last heard of it, and the chain of its own SVID', async () => {
  const door = new AdminDoor({ own, bundle });
  await door.start();
  try {
    const client = door.client<DebugDefinition>('spire.agent.debug.v1.Debug');
    door.svidCount = 3;
    door.jwtSvids.count = 7;
    const first = await client.unary('GetInfo', {});
    assert.deepEqual(first, {
      svid_chain: [
        {
          id: { trust_domain: 'example.org', path: '/spire/agent/join_token/t' },
          expires_at: String(unixSeconds(addSeconds(start, 3_600))),
          subject: 'O=SPIRE,C=US',
        },
        {
          id: { trust_domain: 'example.org', path: '' },
          expires_at: String(unixSeconds(addSeconds(start, 86_400))),
          subject: 'O=SPIRE,C=US',
        },
      ],
      uptime: 0,
      svids_count: 3,
      last_sync_success: '0',
      cached_x509_svids_count: 3,
      cached_jwt_svids_count: 7,
      cached_svidstore_x509_svids_count: 0,
    });

    door.svidCount = 4;
    const lastSyncAt = door.clock.now();
    door.identities.sync = { entriesKnown: 1, lastSyncAt, lastSyncError: undefined };
    assert.deepEqual(await client.unary('GetInfo', {}), first, 'kept for five seconds');
    await door.clock.advance(5_000);
    const second = await client.unary('GetInfo', {});
    assert.deepEqual(
      [second.uptime, second.svids_count, second.cached_x509_svids_count, second.last_sync_success],
      [5, 4, 4, String(unixSeconds(lastSyncAt))],
    );
  } finally {
    await door.stop();
  }
});

test('says so where the bundle does not vouch for the SVID, and asks anew the next time', async () => {
  const door = new AdminDoor({ own });
  await door.start();
  try {
    const client = door.client<DebugDefinition>('spire.agent.debug.v1.Debug');
    await assert.rejects(client.unary('GetInfo', {}), {
      code: Code.internal,
      message: /^failed to verify agent SVID: ./,
    });
    door.bundles.setOwn(bundle);
    assert.equal((await client.unary('GetInfo', {})).svid_chain.length, 2);
  } finally {
    await door.stop();
  }
});
