import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentTestbed, subscribe } from './agent-testbed.ts';

describe('an agent whose node can attest again', () => {
  let bed: AgentTestbed;

  beforeEach(async () => {
    bed = await AgentTestbed.make();
    bed.server.agent.canReattest = true;
    bed.server.put({ id: 'web', path: '/web', selectors: ['unix:uid:1'] });
  });
  afterEach(() => bed.stop());

  it('does so in place of renewing', async () => {
    bed.server.agent.ttlSeconds = 3_600;
    const agent = await bed.started();
    await bed.clock.advance(2_100_000);
    await bed.clock.until(() => bed.server.callsOf('AttestAgent') === 2);
    assert.equal(bed.server.callsOf('RenewAgent'), 0);
    assert.equal(agent.identities?.syncState().lastSyncError, undefined);
  });

  it('does so when the server no longer knows it, and its workloads notice nothing', async () => {
    const agent = await bed.started();
    const stream = subscribe(agent, ['unix:uid:1']);
    await bed.clock.until(() => stream.ids()?.length === 1 && bed.server.isWatched);
    bed.server.agent.path = undefined;
    bed.server.changed();
    await bed.clock.until(() => bed.server.callsOf('AttestAgent') === 2);
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return bed.server.isWatched && agent.identities?.syncState().lastSyncError === undefined;
    }, 'synchronised again');
    assert.deepEqual(stream.ids(), ['spiffe://example.org/web']);
    assert.equal(stream.updates.length, 1);
  });
});
