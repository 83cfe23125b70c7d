import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadAgentConfig } from '../../../agent/config.ts';
import { faultsOf } from '../../shared/config/faults-of.ts';

const load = ({ agent }: { readonly agent: string }) =>
  loadAgentConfig({
    path: 'agent.conf',
    text: `agent { trust_domain = "example.org" server_address = "localhost" server_port = "8081"\n${agent}\n}
      plugins { KeyManager "memory" {}\nWorkloadAttestor "unix" {} }`,
  });

describe('settings of the Workload API', () => {
  test('reads the size of the cache of JWT-SVIDs, and the patience with which new ones are asked for', () => {
    const read = (text: string) => load({ agent: `insecure_bootstrap = true ${text}` }).config;
    assert.equal(read('jwt_svid_cache_max_size = 9').jwtSvidCacheMaxSize, 9);
    assert.equal(read('jwt_svid_cache_max_size = 0').jwtSvidCacheMaxSize, 1_000);
    const { jwtSvidCacheHitTimeoutSeconds } = read('experimental { jwt_svid_cache_hit_timeout = "5s" }');
    assert.equal(jwtSvidCacheHitTimeoutSeconds, 5);
  });

  test('reads what the Workload API answers, how often, and when it waits', () => {
    const { config, warnings } = load({
      agent: `insecure_bootstrap = true
        disable_workload_api = true
        allowed_foreign_jwt_claims = ["jti", "iss"]
        first_identity_wait = "1m30s"
        experimental { feature_flags = ["wit-svid"] ratelimit { fetch_jwt_svid = 5 fetch_secrets = 7 stream_secrets = 0 } }`,
    });
    assert.deepEqual(warnings, []);
    assert.deepEqual(config.workloadApi, {
      isDisabled: true,
      allowedForeignJwtClaims: ['jti', 'iss'],
      firstIdentityWaitSeconds: 90,
    });
    assert.equal(config.isWitEnabled, true);
    assert.deepEqual(
      [...config.callLimits],
      [
        ['/SpiffeWorkloadAPI/FetchJWTSVID', 5],
        ['/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets', 7],
      ],
    );
  });

  for (const [text, fault] of [
    ['first_identity_wait = "11m"', /must be at most 10m/],
    ['experimental { ratelimit { fetch_jwt_svid = -1 } }', /must be a whole number of at least 0/],
    ['experimental { ratelimit { validate_jwt_svid = 1 } }', /unknown/],
    ['experimental { feature_flags = ["nonsense"] }', /must be "wit-svid" or "forced_rotation"/],
    ['jwt_svid_cache_max_size = -1', /must be a whole number of at least 0, not -1/],
    ['experimental { jwt_svid_cache_hit_timeout = "4s" }', /must be a duration of at least 5s/],
    ['experimental { jwt_svid_cache_hit_timeout = "31s" }', /must be at most 30s/],
  ] as const)
    test(`refuses ${text}`, () => {
      assert.match(faultsOf(() => load({ agent: `insecure_bootstrap = true ${text}` })).join(), fault);
    });
});
