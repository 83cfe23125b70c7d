import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentTestbed, subscribe } from './agent-testbed.ts';

const WEB = { id: 'web', path: '/web', selectors: ['unix:uid:1'] };

describe('an agent with a server that does not push', () => {
  it('polls it every five seconds', async () => {
    const bed = await AgentTestbed.make({ pushes: false });
    try {
      const agent = await bed.started();
      const stream = subscribe(agent, ['unix:uid:1']);
      await bed.clock.until(() =>
        bed.log.messages('info').includes('server does not push changes, polling it'),
      );
      bed.server.put(WEB);
      await bed.clock.until(async () => {
        await bed.clock.advance(1_000);
        return stream.ids()?.length === 1;
      }, 'polled');
      const said = bed.log.messages('info').filter((line) => line.startsWith('server does not push'));
      assert.equal(said.length, 1);
    } finally {
      await bed.stop();
    }
  });

  it('asks with GetAuthorizedEntries when it is told to', async () => {
    const bed = await AgentTestbed.make({ pushes: false });
    try {
      bed.server.put(WEB);
      const agent = await bed.started({ useSyncAuthorizedEntries: false });
      const stream = subscribe(agent, ['unix:uid:1']);
      await bed.clock.until(() => stream.ids()?.length === 1);
      assert.equal(bed.server.callsOf('SyncAuthorizedEntries'), 0);
    } finally {
      await bed.stop();
    }
  });
});
