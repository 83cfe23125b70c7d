/** What the configuration says of JWT-SVIDs and WIT-SVIDs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

describe('settings of tokens', () => {
  test('follow the key type of the CA unless they name their own', () => {
    const { config } = load({
      server: 'ca_key_type = "rsa-2048"\nexperimental { wit_key_type = "ec-p384" }',
    });
    assert.equal(config.jwt.keyType, 'rsa-2048');
    assert.equal(config.wit.keyType, 'ec-p384');
    assert.equal(load({ server: 'jwt_key_type = "ec-p384"' }).config.jwt.keyType, 'ec-p384');
  });

  test('name issuers and lifetimes, turn JWT-SVIDs off and WIT-SVIDs on', () => {
    const { config } = load({
      server: `jwt_issuer = "https://oidc.example.org"
        default_jwt_svid_ttl = "90s"
        disable_jwt_svids = true
        experimental { wit_issuer = "https://wit.example.org" feature_flags = ["wit-svid", "forced_rotation"] }`,
    });
    const jwt = { isEnabled: false, issuer: 'https://oidc.example.org', defaultTtlSeconds: 90 };
    assert.deepEqual(config.jwt, { ...jwt, keyType: 'ec-p256' });
    assert.equal(config.wit.isEnabled, true);
    assert.equal(config.wit.issuer, 'https://wit.example.org');
  });

  for (const [server, fault] of [
    ['jwt_key_type = "ed25519"', /"jwt_key_type" in server must be "ec-p256" or/],
    ['default_jwt_svid_ttl = "0s"', /"default_jwt_svid_ttl" in server must be a duration of at least 1s/],
    ['experimental { feature_flags = ["wit_svid"] }', /must be "wit-svid" or "forced_rotation"/],
  ] as const) {
    test(`refuse ${server}`, () => assert.match(faultsOf(() => load({ server })).join(), fault));
  }

  test('warn of JWT-SVIDs that can outlive what is left of a key', () => {
    const { warnings } = load({ server: 'default_jwt_svid_ttl = "5h"' });
    assert.match(warnings.join(), /^server\.conf:2:1: "default_jwt_svid_ttl" \(5h\) can be cut short/);
  });
});
