import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadAgentConfig } from '../../../agent/config.ts';
import { faultsOf } from '../../shared/config/faults-of.ts';

const load = ({ agent }: { readonly agent: string }) =>
  loadAgentConfig({
    path: 'agent.conf',
    text: `agent { trust_domain = "example.org" server_address = "localhost" server_port = 8081 ${agent} }
plugins { KeyManager "memory" {} WorkloadAttestor "unix" {} }`,
  });

test('reads how secrets for Envoy are called, as a block and as SPIRE writes it', () => {
  const keys =
    'default_svid_name = "mine" default_bundle_name = "ours" disable_spiffe_cert_validation = true';
  for (const sds of [`sds { ${keys} }`, `sds = { ${keys} }`]) {
    const { config, warnings } = load({ agent: `insecure_bootstrap = true disable_sds_api = true ${sds}` });
    assert.deepEqual(warnings, []);
    assert.deepEqual(config.sds, {
      isDisabled: true,
      names: { svid: 'mine', bundle: 'ours', allBundles: 'ALL' },
      isSpiffeValidationDisabled: true,
    });
  }
});

test('refuses one name for two secrets', () => {
  const agent = 'insecure_bootstrap = true sds { default_bundle_name = "ALL" }';
  assert.match(faultsOf(() => load({ agent })).join(), /the names of "sds" must differ/);
});
