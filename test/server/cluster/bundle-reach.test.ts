/** What agents know of the bundle, by what they fetched. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BundleReach } from '../../../server/cluster/bundle-reach.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../fakes/clock.ts';

const agent = (name: string) => SpiffeId.parse(`spiffe://example.org/spire/agent/x/${name}`);
const workload = SpiffeId.parse('spiffe://example.org/web');

describe('what the agents of a server know of the bundle', () => {
  const world = (...streaming: readonly SpiffeId[]) => {
    const clock = new FakeClock();
    return { clock, reach: new BundleReach({ clock, streaming: () => streaming.map(String) }) };
  };

  test('is all there is where there is no agent', () => {
    assert.equal(world().reach.known(7), 7);
  });

  test('is nothing of one that has a stream and has not fetched yet', () => {
    assert.equal(world(agent('a')).reach.known(7), 0);
  });

  test('is what the last of them has', () => {
    const { reach } = world(agent('a'), agent('b'));
    reach.fetched(agent('a'), 7);
    reach.fetched(agent('b'), 5);
    assert.equal(reach.known(7), 5);
    reach.fetched(agent('b'), 7);
    assert.equal(reach.known(7), 7);
  });

  test('counts agents that poll while they do, and nobody else who asks', async () => {
    const { clock, reach } = world(agent('a'));
    reach.fetched(agent('a'), 7);
    reach.fetched(agent('polls'), 6);
    reach.fetched(workload, 1);
    assert.equal(reach.known(7), 6);
    await clock.advance(16_000);
    assert.equal(reach.known(7), 7, 'one that has a stream is known for as long as that');
  });
});
