/** `NodeAttestor "x509pop"` of the server: its defaults, both modes, and what does not go together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load, MEMORY } from './load-sketch.ts';

const plugins = (data: string): string => `${MEMORY}\nNodeAttestor "x509pop" { plugin_data { ${data} } }`;

const read = (data: string) => {
  const { config, warnings } = load({ plugins: plugins(data) });
  const [attestor] = config.nodeAttestors;
  assert.ok(attestor?.kind === 'x509pop');
  const { agentPathTemplate, ...rest } = attestor;
  return { ...rest, template: agentPathTemplate.text, warnings };
};

const DEFAULTS = {
  kind: 'x509pop',
  maxIntermediates: 4,
  maxRsaKeyBits: 8_192,
  verifiesClientIp: false,
  warnings: [],
};
const BY_FINGERPRINT = '/{{ .PluginName }}/{{ .Fingerprint }}';
const BY_SVID = '/{{ .PluginName }}/{{ .SVIDPathTrimmed }}';

test('has the defaults of SPIRE, by mode', () => {
  const external = (...caBundlePaths: readonly string[]) => ({
    ...DEFAULTS,
    template: BY_FINGERPRINT,
    trust: { mode: 'external_pki', caBundlePaths },
  });
  assert.deepEqual(read('ca_bundle_path = "ca"'), external('ca'));
  assert.deepEqual(read('mode = "external_pki" ca_bundle_paths = ["a", "b"]'), external('a', 'b'));
  const svids = (prefix: string) => ({ ...DEFAULTS, template: BY_SVID, trust: { mode: 'spiffe', prefix } });
  assert.deepEqual(read('mode = "spiffe"'), svids('/spire-exchange/'));
  assert.deepEqual(read('mode = "spiffe" svid_prefix = "/a"'), svids('/a/'));
  assert.deepEqual(read('mode = "spiffe" spiffe_prefix = ""'), svids('/'));
});

test('reads every key', () => {
  const data =
    'ca_bundle_path = "ca" max_intermediates = 1 max_rsa_key_size = 4096 verify_client_ip = true agent_path_template = "/cn/{{ .Subject.CommonName }}"';
  const { maxIntermediates, maxRsaKeyBits, verifiesClientIp, template } = read(data);
  assert.deepEqual(
    [maxIntermediates, maxRsaKeyBits, verifiesClientIp, template],
    [1, 4_096, true, '/cn/{{ .Subject.CommonName }}'],
  );
});

test('warns of a prefix that has no effect', () => {
  assert.match(
    read('ca_bundle_path = "ca" svid_prefix = "/a"').warnings.join(),
    /no effect but in mode "spiffe"/,
  );
});

test('refuses what does not go together, or could never work', () => {
  for (const [data, fault] of [
    ['', /one of "ca_bundle_path" and "ca_bundle_paths" must be given/],
    ['ca_bundle_path = "a" ca_bundle_paths = ["b"]', /exclude each other/],
    ['mode = "spiffe" ca_bundle_path = "a"', /not for mode "spiffe"/],
    ['mode = "spire"', /"mode" .* must be "external_pki" or "spiffe"/],
    ['mode = "spiffe" svid_prefix = "/a" spiffe_prefix = "/b"', /are the same: keep one/],
    ['mode = "spiffe" svid_prefix = "a"', /must begin with a slash/],
    ['ca_bundle_path = "a" max_rsa_key_size = 16384', /whole number from 2048 to 8192/],
    ['ca_bundle_path = "a" max_intermediates = 15', /whole number from 0 to 14/],
    ['ca_bundle_path = "a" agent_path_template = "/{{ .CN }}"', /cannot be used: there is no field \.CN/],
    ['ca_bundle_path = "a" ca_path = "b"', /unknown key "ca_path"/],
  ] as const)
    assert.match(faultsOf(() => load({ plugins: plugins(data) })).join('\n'), fault, data);
});
