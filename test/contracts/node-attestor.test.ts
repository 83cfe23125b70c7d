import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeAttestors } from '../../agent/attest-node/registry.ts';
import { makeNodeAttestors } from '../../server/attest-node/registry.ts';
import { addSeconds } from '../../shared/clock.ts';
import { SecretText } from '../../shared/config/secret-text.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { nodeAttestorContract } from './node-attestor.ts';

const TOKEN = 'a-token-that-nobody-guesses';

function servers() {
  const clock = new FakeClock();
  const joinTokens = new FakeJoinTokenStore(new FakeEntryStore({ clock }));
  const trustDomain = TrustDomain.parse('example.org');
  return { joinTokens, clock, attestors: makeNodeAttestors({ trustDomain, joinTokens, clock }) };
}

describe('node attestor join_token', () =>
  nodeAttestorContract('join_token', async () => {
    const { joinTokens, attestors, clock } = servers();
    await joinTokens.create({ value: TOKEN, expiresAt: addSeconds(clock.now(), 60) }, undefined);
    const server = attestors.get('join_token');
    assert.ok(server);
    const half = (token: string | undefined) =>
      nodeAttestors.join_token({
        token: token === undefined ? undefined : new SecretText(token),
        file: undefined,
      });
    return { server, agent: half(TOKEN), helpless: half(undefined), secret: TOKEN };
  }));

it('every node attestor has both halves, and is held to the contract', () => {
  const names = Object.keys(nodeAttestors);
  assert.deepEqual(names, [...servers().attestors.keys()]);
  assert.deepEqual(names, ['join_token']);
});
