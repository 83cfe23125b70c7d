import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agentId,
  checkWorkloadId,
  isAgentId,
  isReserved,
  serverId,
} from '../../../shared/spiffe/reserved.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

const trustDomain = TrustDomain.parse('example.org');

test('names the server and agents below /spire', () => {
  assert.equal(serverId(trustDomain).toString(), 'spiffe://example.org/spire/server');
  assert.equal(
    agentId(trustDomain, 'join_token/x').toString(),
    'spiffe://example.org/spire/agent/join_token/x',
  );
});

test('knows which paths are reserved, and which of them are agents', () => {
  const paths: Readonly<Record<string, readonly [boolean, boolean]>> = {
    '': [false, false],
    '/spire': [true, false],
    '/spire/x': [true, false],
    '/spire/server': [true, false],
    '/spire/agent': [true, false],
    '/spire/agent/x': [true, true],
    '/spire/agents/x': [true, false],
    '/spirex': [false, false],
    '/a/spire/agent/x': [false, false],
  };
  for (const [path, [reserved, agent]] of Object.entries(paths)) {
    const id = SpiffeId.of(trustDomain, path);
    assert.equal(isReserved(id), reserved, path);
    assert.equal(isAgentId(id), agent, path);
  }
});

test('lets a workload bear only an ID of this trust domain, with a path, that is not reserved', () => {
  const check = (text: string): SpiffeId => checkWorkloadId(SpiffeId.parse(text), trustDomain);
  assert.equal(check('spiffe://example.org/web').path, '/web');
  assert.throws(() => check('spiffe://example.org'), /path is empty/);
  assert.throws(() => check('spiffe://example.com/web'), /not a member of trust domain "example.org"/);
  assert.throws(() => check('spiffe://example.org/spire/agent/x'), /reserved namespace/);
});
