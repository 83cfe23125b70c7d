import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentTestbed } from '../agent-testbed.ts';

test('an agent that waits for its server is live, and not ready, from its start on', async () => {
  const bed = await AgentTestbed.make();
  try {
    const answers = Promise.withResolvers<void>();
    bed.server.gates['AttestAgent'] = answers.promise;
    const healthChecks = {
      listenerEnabled: true,
      bindAddress: '127.0.0.1',
      bindPort: 0,
      livePath: '/live',
      readyPath: '/ready',
    };
    const agent = bed.agent({ healthChecks, socketPath: `${bed.directory}/api.sock` }, true);
    const started = agent.start();
    const port = (): unknown =>
      bed.log.lines.find(({ message }) => message === 'answering health checks')?.fields['port'];
    await bed.clock.until(() => port() !== undefined);
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${String(port())}${path}`);
      return [response.status, await response.json()];
    };
    assert.deepEqual(await ask('/live'), [200, { agent: {} }]);
    assert.deepEqual(await ask('/ready'), [500, { agent: {} }]);
    answers.resolve();
    await bed.clock.until(async () => {
      await bed.clock.advance(1_000);
      return (await ask('/ready'))[0] === 200;
    });
    await started;
    assert.deepEqual(await ask('/live'), [200, { agent: {} }]);
  } finally {
    await bed.stop();
  }
});
