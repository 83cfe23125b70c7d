import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { permissionDenied, unavailable } from '../../shared/errors.ts';
import { AgentTestbed, subscribe } from './agent-testbed.ts';

const WEB = { id: 'web', path: '/web', selectors: ['unix:uid:1'] };
const DB = { id: 'db', path: '/db', selectors: ['unix:uid:1', 'unix:gid:2'] };

describe('an agent with a server', () => {
  let bed: AgentTestbed;

  beforeEach(async () => {
    bed = await AgentTestbed.make();
    bed.server.put(WEB);
  });
  afterEach(() => bed.stop());

  it('attests, synchronises and gives a workload its SVID', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.updates.length === 1);
    assert.deepEqual(stream.ids(), ['spiffe://example.org/web']);
    const info = bed.log.messages('info');
    assert.ok(info.includes('SVID is not found. Starting node attestation'));
    assert.ok(info.includes('Node attestation was successful'));
  });

  it('tells a workload without a match at once that there is nothing', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:7']);
    await bed.clock.until(() => stream.updates.length === 1);
    assert.deepEqual(stream.ids(), []);
    assert.equal(stream.updates[0]?.bundle.x509Authorities.length, 1);
  });

  it('renews at half of the life, and keeps the old SVID until then', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.updates.length === 1);
    await bed.clock.advance(1_500_000); // 25 minutes of an hour
    assert.equal(stream.updates.length, 1);
    await bed.clock.advance(600_000);
    await bed.clock.until(() => stream.updates.length === 2);
    const [before, after] = stream.updates.map(({ identities }) => identities[0]);
    assert.notDeepEqual(before?.privateKey, after?.privateKey);
    assert.ok((after?.expiresAt ?? 0) > (before?.expiresAt ?? 0));
  });

  it('follows entries that are created, changed and deleted while a stream is open', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1', 'unix:gid:2']);
    await bed.clock.until(() => stream.ids()?.length === 1);
    await bed.clock.until(() => bed.server.isWatched);
    bed.server.put(DB);
    await bed.clock.until(() => stream.ids()?.length === 2);
    bed.server.put({ ...DB, path: '/db-2', revisionNumber: 1 });
    await bed.clock.until(() => stream.ids()?.includes('spiffe://example.org/db-2') === true);
    bed.server.delete('web');
    await bed.clock.until(() => stream.ids()?.length === 1);
    assert.deepEqual(stream.ids(), ['spiffe://example.org/db-2']);
  });

  it('keeps an SVID while the server is away, withdraws it when it expires, and comes back by itself', async () => {
    bed.server.svidTtlSeconds = 600;
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.updates.length === 1);
    await bed.server.stop();
    await bed.clock.advance(500_000);
    assert.deepEqual(stream.ids(), ['spiffe://example.org/web']);
    await bed.clock.advance(101_000);
    assert.deepEqual(stream.ids(), []);
    await bed.server.start();
    const advancing = async (): Promise<boolean> => {
      await bed.clock.advance(1_000);
      return stream.ids()?.length === 1;
    };
    await bed.clock.until(advancing, 'the SVID is back');
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return agent.identities?.syncState().lastSyncError === undefined;
    }, 'synchronised again');
  });

  it('uses the SVID of the last run again', async () => {
    const first = await bed.started();
    await first.stop();
    assert.deepEqual(await first.done, { kind: 'stopped' });
    const second = await bed.started();
    assert.equal(bed.server.callsOf('AttestAgent'), 1);
    const stream = subscribe(second, ['unix:uid:1']);
    await bed.clock.until(() => stream.ids()?.length === 1);
  });

  it('starts with the SVID of the last run while no server answers, and says Unavailable until it does', async () => {
    await (await bed.started()).stop();
    await bed.server.stop();
    const agent = await bed.started();
    assert.throws(
      () => subscribe(agent, ['unix:uid:1']),
      /not synchronised with its server yet: .*nothing listens there/,
    );
    await bed.server.start();
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return agent.identities?.syncState().lastSyncAt !== undefined;
    }, 'synchronised');
  });

  it('renews its own SVID, and the server learns the new one by its first use', async () => {
    bed.server.agent.ttlSeconds = 3_600;
    const agent = await bed.started();
    const before = bed.server.agent.activeSerial;
    await bed.clock.advance(2_100_000);
    await bed.clock.until(() => bed.server.agent.activeSerial !== before);
    assert.equal(bed.server.agent.pendingSerial, undefined);
    assert.equal(agent.identities?.syncState().lastSyncError, undefined);
    await agent.stop();
    await bed.started();
    assert.equal(bed.server.callsOf('AttestAgent'), 1);
  });

  it('removes its SVID and ends when it is banned', async () => {
    const agent = await bed.started();
    await bed.clock.until(() => bed.server.isWatched);
    bed.server.agent.denial = 'AGENT_BANNED';
    bed.server.changed();
    const outcome = await agent.done;
    assert.equal(outcome.kind, 'banned');
    assert.ok(bed.log.messages('error').includes('Agent is banned: removing SVID and shutting down'));
    bed.server.agent.denial = undefined;
    await assert.rejects(bed.started(), /join token does not exist or has already been used/);
  });

  it('ends when the server no longer knows it, and attests with a new token at the next start', async () => {
    const agent = await bed.started();
    await bed.clock.until(() => bed.server.isWatched);
    bed.server.agent.path = undefined;
    bed.server.changed();
    assert.equal((await agent.done).kind, 'must-attest-again');
    bed.server.agent.joinTokens.add('token-1');
    await bed.started();
    assert.equal(bed.server.callsOf('AttestAgent'), 2);
  });

  it('attests anew at once when the server does not honour the stored SVID and there is a token', async () => {
    await (await bed.started()).stop();
    bed.server.agent.path = undefined;
    bed.server.agent.joinTokens.add('token-1');
    const agent = await bed.started();
    assert.equal(bed.server.callsOf('AttestAgent'), 2);
    assert.equal(agent.identities?.syncState().lastSyncError, undefined);
  });

  it('ends when its own SVID expires while the server is away', async () => {
    bed.server.agent.ttlSeconds = 600;
    const agent = await bed.started();
    await bed.server.stop();
    const ended = agent.done.then(({ kind }) => kind);
    await bed.clock.advance(700_000);
    assert.equal(await ended, 'svid-expired');
  });

  it('can be stopped while it waits to attest again', async () => {
    await bed.server.stop();
    const agent = bed.agent();
    const starting = assert.rejects(agent.start(), /stopping/);
    await bed.clock.until(() => bed.log.messages('warn').includes('node attestation failed, trying again'));
    await agent.stop();
    await starting;
    assert.equal(bed.clock.sleeping, 0);
  });

  it('gives up attesting after a minute, saying what to look at', async () => {
    await bed.server.stop();
    const starting = assert.rejects(
      bed.started(),
      /node attestation failed: server 127.0.0.1:\d+: nothing listens there/,
    );
    await bed.clock.until(() => bed.clock.sleeping > 0);
    await bed.clock.advance(70_000);
    await starting;
  });

  it('does not try a second time where the server refuses the node', async () => {
    bed.server.faults['AttestAgent'] = permissionDenied('failed to attest: agent is banned');
    await assert.rejects(bed.started(), /agent is banned/);
    assert.equal(bed.server.callsOf('AttestAgent'), 1);
  });

  it('serves the good SVIDs of a batch in which one is bad', async () => {
    bed.server.put(DB);
    bed.server.badSvids.add('web');
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1', 'unix:gid:2']);
    await bed.clock.until(() => stream.updates.length === 1);
    assert.deepEqual(stream.ids(), ['spiffe://example.org/db']);
    assert.ok(bed.log.messages('warn').includes('no SVID for an entry'));
    bed.server.badSvids.clear();
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return stream.ids()?.length === 2;
    }, 'the bad one is tried again');
  });

  it('fetches of more than a page of entries only those that changed', async () => {
    for (let at = 0; at < 501; at++)
      bed.server.entries.set(`e${at}`, {
        id: `e${at}`,
        path: `/e${at}`,
        selectors: [`unix:uid:${at}`],
        disablePrefetch: true,
      });
    const agent = await bed.started();
    assert.equal(agent.identities?.syncState().entriesKnown, 502);
    assert.equal(bed.server.fullEntriesSent.length, 502);
    await bed.clock.until(() => bed.server.isWatched);
    bed.server.fullEntriesSent.length = 0;
    bed.server.put({ id: 'e7', path: '/e7-new', selectors: ['unix:uid:7'], revisionNumber: 1 });
    const stream = subscribe(agent, ['unix:uid:7']);
    await bed.clock.until(() => stream.ids()?.includes('spiffe://example.org/e7-new') === true);
    assert.deepEqual(bed.server.fullEntriesSent, ['e7']);
    bed.server.delete('e7');
    await bed.clock.until(() => stream.ids()?.length === 0);
  });

  it('never goes back to an older world, and says to servers how far it has seen', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.ids()?.length === 1 && bed.server.isWatched);
    const seen = bed.server.n;
    bed.server.entries.delete('web');
    bed.server.n = seen - 1; // a server that is behind
    await bed.clock.advance(70_000);
    assert.deepEqual(stream.ids(), ['spiffe://example.org/web']);
    assert.match(agent.identities?.syncState().lastSyncError ?? '', /older than change/);
    assert.equal(bed.server.positionsSeen.at(-1), `e1/${seen}`);
    bed.server.n = seen + 1;
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return stream.ids()?.length === 0;
    }, 'the newer world is taken');
  });

  it('follows into a new epoch, whatever its numbers', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.ids()?.length === 1 && bed.server.isWatched);
    bed.server.entries.delete('web');
    bed.server.epoch = 'e2';
    bed.server.n = 1;
    bed.server.hint();
    await bed.clock.until(() => stream.ids()?.length === 0);
  });

  it('makes one round of a burst of hints', async () => {
    const agent = await bed.started();
    await bed.clock.until(() => bed.server.isWatched);
    await bed.clock.advance(10);
    const before = bed.server.callsOf('SyncAuthorizedEntries');
    const held = Promise.withResolvers<void>();
    bed.server.gates['SyncAuthorizedEntries'] = held.promise;
    for (let at = 0; at < 20; at++) bed.server.changed();
    await bed.clock.until(() => bed.server.callsOf('SyncAuthorizedEntries') > before);
    held.resolve();
    await bed.clock.until(() => agent.identities?.syncState().lastSyncError === undefined);
    await bed.clock.advance(1_000);
    assert.ok(bed.server.callsOf('SyncAuthorizedEntries') - before <= 2);
  });

  it('keeps the batch of SVIDs that could not be signed for later, and its workloads waiting', async () => {
    bed.server.faults['BatchNewX509SVID'] = unavailable('the CA is not ready');
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.advance(3_000);
    assert.equal(stream.updates.length, 0);
    bed.server.faults = {};
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return stream.ids()?.length === 1;
    }, 'signed');
  });
});
