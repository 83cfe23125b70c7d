import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load, type Parts } from '../load-config.ts';

describe('sockets', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['/run/a/public/api.sock', '/run/a/private/admin.sock', true],
    ['/run/a/public/api.sock', '/run/a/public2/admin.sock', true],
    ['/run/a/public/api.sock', '/run/a/admin.sock', true],
    ['/run/a/public/api.sock', '/run/a/public/admin.sock', false],
    ['/run/a/public/api.sock', '/run/a/public/deep/admin.sock', false],
    ['/run/a/public/api.sock', '/run/a/private/../public/admin.sock', false],
    ['/api.sock', '/run/admin.sock', false],
    ['public/api.sock', './public/admin.sock', false],
  ];
  for (const [socket, admin, isGood] of table) {
    test(`${isGood ? 'takes' : 'refuses'} the admin socket ${admin} beside ${socket}`, () => {
      const agent = `insecure_bootstrap = true socket_path = "${socket}" admin_socket_path = "${admin}"`;
      const faults = faultsOf(() => load({ agent }));
      assert.equal(faults.length, isGood ? 0 : 1, faults.join());
    });
  }
});

describe('delegates', () => {
  const delegates = (...ids: readonly string[]): Parts => ({
    agent: `insecure_bootstrap = true authorized_delegates = [${ids.map((id) => `"${id}"`).join()}]`,
  });

  test('are named by their SPIFFE IDs', () => {
    const { config, warnings } = load(delegates('spiffe://example.org/a', 'spiffe://example.org/b'));
    assert.deepEqual(config.authorizedDelegates.map(String), [
      'spiffe://example.org/a',
      'spiffe://example.org/b',
    ]);
    assert.deepEqual(warnings, []);
  });

  for (const [id, fault] of [
    ['spiffe://other.org/a', /is not a member of trust domain "example.org"/],
    ['spiffe://example.org', /path is empty/],
    ['spiffe://example.org/spire/agent/join_token/t', /reserved namespace/],
    ['/a', /must be a SPIFFE ID/],
  ] as const)
    test(`are not named "${id}"`, () => {
      assert.match(faultsOf(() => load(delegates(id))).join(), fault);
    });

  test('may come from the group of the agent where the file says where the socket is', () => {
    const { config } = load({ agent: 'insecure_bootstrap = true admin_socket_path = "/run/a/admin.sock"' });
    assert.deepEqual([config.adminSocketPath, config.isAdminSocketShared], ['/run/a/admin.sock', true]);
  });
});
