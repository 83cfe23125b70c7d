/** Flags of `agent run` above the agent's configuration. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agentFlags } from '../../agent/config/agent-flags.ts';
import { faultsOf } from '../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

describe('agent flags', () => {
  test('stand above the file', () => {
    const { config } = load({
      agent: 'trust_bundle_path = "old.pem"',
      flags: {
        trustBundle: 'new.pem',
        serverAddress: 'other',
        serverPort: '9',
        socketPath: '/s',
        allowUnauthenticatedVerifiers: true,
      },
    });
    assert.deepEqual(config.bootstrap, { kind: 'bundle-file', path: 'new.pem', format: 'pem' });
    assert.deepEqual(
      [config.serverAddress, config.serverPort, config.socketPath, config.allowUnauthenticatedVerifiers],
      ['other', 9, '/s', true],
    );
  });

  test('a boolean flag may turn off what the file turns on', () => {
    assert.deepEqual(
      load({ flags: { insecureBootstrap: false, trustBundle: 'b' } }).config.bootstrap.kind,
      'bundle-file',
    );
  });

  test('every flag stands for a key that the file knows', () => {
    for (const { name, takesValue } of agentFlags) {
      const faults = faultsOf(() => load({ flags: { [name]: takesValue ? '\u0001' : true } }));
      assert.ok(!faults.some((fault) => fault.includes('unknown key')), name);
    }
  });
});
