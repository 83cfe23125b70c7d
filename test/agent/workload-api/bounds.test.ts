/** What one user's processes can take from the others: connections, calls, time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { SpiffeWorkloadAPIDefinition } from '../../../proto/gen/SpiffeWorkloadAPI.ts';
import { ownHealth } from '../../../agent/workload-api/own-health.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { Door, FakePeers, HEADER, identity, realPeers, until, update } from './door.ts';

describe('bounds of the Workload API', () => {
  it('refuse one user with a reason while others notice nothing', async () => {
    const peers = new FakePeers();
    const door = new Door({ peers, limits: { total: 4, perUid: 2 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const fetch = () => door.client().serverStream('FetchX509SVID', {}, HEADER);
    const first = [fetch(), fetch()];
    for (const stream of first) await stream.next();
    const refusal = {
      code: Code.unavailable,
      message: /too many connections are open, or too many of user 1000/,
    };
    await assert.rejects(fetch().next(), refusal);
    peers.uid = 2_000;
    assert.equal((await fetch().next()).done, false);
    assert.equal(door.api.connectionCount, 3);
    await door.stop();
    assert.equal(door.api.connectionCount, 0);
  });

  it('give a share back when a connection ends', async () => {
    const door = new Door({ limits: { total: 1, perUid: 1 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    for (let i = 0; i < 3; i += 1) {
      const channel = door.channel();
      const client = new ServiceClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', channel);
      for await (const _message of client.serverStream('FetchX509SVID', {}, HEADER)) break;
      channel.close();
      await until(() => door.api.connectionCount === 0);
    }
    assert.deepEqual(
      door.peers.captured.map(({ closes }) => closes),
      [1, 1, 1],
    );
    await door.stop();
  });

  it('bound the calls of one user, too', async () => {
    const door = new Door({ limits: { total: 4, perUid: 1 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const client = door.client();
    const open = Array.from({ length: 4 }, () => client.serverStream('FetchX509SVID', {}, HEADER));
    for (const stream of open) await stream.next();
    const fifth = client.serverStream('FetchX509SVID', {}, HEADER).next();
    await assert.rejects(fifth, { code: Code.unavailable, message: /too many calls are open/ });
    await door.stop();
  });

  it('end connections that nobody uses where there are too many, the longest idle first', async () => {
    const door = new Door({ limits: { total: 4, perUid: 2 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const busy = door.client().serverStream('FetchX509SVID', {}, HEADER);
    await busy.next();
    const idle = connect(door.path).resume();
    await until(() => door.api.connectionCount === 2);
    const closed = once(idle, 'close');
    const next = door.client().serverStream('FetchX509SVID', {}, HEADER);
    assert.equal((await next.next()).done, false);
    await closed;
    assert.equal(door.api.connectionCount, 2);
    door.identities.push(update([identity('/web'), identity('/more')]));
    assert.equal((await busy.next()).done, false);
    await door.stop();
  });

  it('end a connection that nobody uses for a user that has none, and for nobody who has enough', async () => {
    const peers = new FakePeers();
    const door = new Door({ peers, limits: { total: 3, perUid: 2 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const fetch = () => door.client().serverStream('FetchX509SVID', {}, HEADER).next();
    for (let i = 0; i < 2; i += 1) await fetch();
    peers.uid = 2_000;
    const idle = connect(door.path).resume();
    await until(() => door.api.connectionCount === 3);
    peers.uid = 1_000;
    await assert.rejects(fetch(), { code: Code.unavailable });
    assert.equal(idle.destroyed, false);
    peers.uid = 3_000;
    const closed = once(idle, 'close');
    assert.equal((await fetch()).done, false);
    await closed;
    await door.stop();
  });

  it('leave something to the next user, however many take what they may', async () => {
    const peers = new FakePeers();
    const door = new Door({ peers, limits: { total: 8, perUid: 4 } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const streams: AsyncIterator<unknown>[] = [];
    const held: number[] = [];
    for (peers.uid of [1, 2, 3]) {
      const before = door.api.connectionCount;
      for (let isLet = true; isLet; ) {
        const stream = door.client().serverStream('FetchX509SVID', {}, HEADER);
        streams.push(stream);
        isLet = await stream.next().then(
          () => true,
          () => false,
        );
      }
      held.push(door.api.connectionCount - before);
    }
    assert.deepEqual(held, [4, 2, 1]);
    await door.stop();
  });

  it('close at once on a user that connects too often, and on nobody else', async () => {
    const peers = new FakePeers();
    const door = new Door({ peers, rates: { connections: { perSecond: 1, burst: 2 } } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const fetch = () => door.client().serverStream('FetchX509SVID', {}, HEADER).next();
    for (let i = 0; i < 2; i += 1) assert.equal((await fetch()).done, false);
    await once(connect(door.path).resume(), 'close');
    peers.uid = 2_000;
    assert.equal((await fetch()).done, false);
    assert.deepEqual(
      door.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
      [{ reason: 'user 1000 connects too often', count: 1 }],
    );
    peers.uid = 1_000;
    await door.clock.advance(1_000);
    assert.equal((await fetch()).done, false);
    await door.stop();
  });

  it('cut off a user that calls too often', async () => {
    const door = new Door({ rates: { calls: { perSecond: 1, burst: 2 } } });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const client = door.client();
    const fetch = () => client.serverStream('FetchX509SVID', {}, HEADER).next();
    for (let i = 0; i < 2; i += 1) assert.equal((await fetch()).done, false);
    await assert.rejects(fetch(), { code: Code.unavailable });
    await until(() => door.api.connectionCount === 0);
    await door.stop();
  });

  it('do not bind the agent itself: its health is not for its callers to decide', async () => {
    const none = { perSecond: 0, burst: 0 };
    const door = new Door({
      peers: realPeers(),
      limits: { total: 0, perUid: 0 },
      rates: { connections: none, calls: none },
    });
    await door.start();
    door.identities.push(update([]));
    const { isLive } = await ownHealth(door.path).check(new AbortController().signal);
    assert.equal(isLive, true);
    await door.stop();
  });

  it('tell a caller that cannot be identified why', async () => {
    const peers = new FakePeers();
    peers.capture = () => {
      throw unavailable('run the agent in the host pid namespace');
    };
    const door = new Door({ peers });
    await door.start();
    const refusal = { code: Code.unavailable, message: 'run the agent in the host pid namespace' };
    await assert.rejects(door.client().serverStream('FetchX509SVID', {}, HEADER).next(), refusal);
    assert.equal(door.api.connectionCount, 0);
    await door.stop();
  });

  it('keep open only so many refused connections, the latest', async () => {
    const door = new Door({ limits: { total: 0, perUid: 0 } });
    await door.start();
    const clients = Array.from({ length: 40 }, () =>
      connect(door.path)
        .on('error', () => {})
        .resume(),
    );
    await until(() => clients.filter(({ destroyed }) => destroyed).length === 8);
    assert.deepEqual(
      door.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['count']),
      [1, 2, 4, 8, 16, 32],
    );
    for (const client of clients) client.destroy();
    await door.stop();
  });
});
