import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

test('records of agents are kept, unless it is said for how long', () => {
  assert.equal(load({}).config.pruneNodes, undefined);
  assert.equal(load({ server: 'prune_attested_nodes_expired_for = "0s"' }).config.pruneNodes, undefined);
  assert.deepEqual(load({ server: 'prune_attested_nodes_expired_for = "720h"' }).config.pruneNodes, {
    expiredForSeconds: 720 * 3_600,
    batchSize: 1_000,
    includesTofu: false,
  });
  const server =
    'prune_attested_nodes_expired_for = "1h"\nprune_attested_nodes_batch_size = 7\nprune_tofu_nodes = true';
  assert.deepEqual(load({ server }).config.pruneNodes, {
    expiredForSeconds: 3_600,
    batchSize: 7,
    includesTofu: true,
  });
});

test('what would have no effect warns, what cannot be is refused', () => {
  const { config, warnings } = load({ server: 'prune_tofu_nodes = true' });
  assert.equal(config.pruneNodes, undefined);
  assert.match(
    warnings.join(),
    /"prune_tofu_nodes".* has no effect without "prune_attested_nodes_expired_for"/,
  );
  for (const server of [
    'prune_attested_nodes_expired_for = "often"',
    'prune_attested_nodes_expired_for = "1h"\nprune_attested_nodes_batch_size = -1',
  ])
    assert.equal(faultsOf(() => load({ server })).length, 1, server);
});
