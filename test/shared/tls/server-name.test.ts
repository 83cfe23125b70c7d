import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { serverNameOf } from '../../../shared/tls/server-name.ts';

const HOSTS = ['example.org', 'a', 'a-b.c1', '1a.2b', `${'a'.repeat(63)}.x`];
/** Trust domains all the same (SPIFFE-ID 2.1). */
const OTHERS = ['1.2.3.4', 'a..b', '.a', 'a.', 'a_b', '-a', 'a-', 'a'.repeat(64), `${'a.'.repeat(127)}a`];

test('a trust domain that is a host name is sent as such', () => {
  for (const name of HOSTS) assert.equal(serverNameOf(TrustDomain.parse(name)), name);
});

test('a trust domain that is no host name is not sent', () => {
  for (const name of OTHERS) assert.equal(serverNameOf(TrustDomain.parse(name)), '', name);
});
