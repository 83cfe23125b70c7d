/** `NodeAttestor "http_challenge"` of the server: defaults, the rule of SPIRE for `tofu`, and patterns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load, MEMORY } from './load-sketch.ts';

const plugins = (data: string): string =>
  `${MEMORY}\nNodeAttestor "http_challenge" { plugin_data { ${data} } }`;
const read = (data: string) => load({ plugins: plugins(data) });

test('has the defaults of SPIRE', () => {
  assert.deepEqual(read('').config.nodeAttestors, [
    {
      kind: 'http_challenge',
      allowedDnsPatterns: [],
      requiredPort: undefined,
      allowsNonRootPorts: true,
      tofu: true,
      allowsLoopback: false,
    },
  ]);
});

test('lets a host attest again only where any user could not', () => {
  for (const [data, isRight] of [
    ['', false],
    ['allow_non_root_ports = true', false],
    ['required_port = 1024', false],
    ['required_port = 1024 allow_non_root_ports = false', false],
    ['required_port = 80', true],
    ['required_port = 80 allow_non_root_ports = true', true],
    ['allow_non_root_ports = false', true],
  ] as const) {
    const attempt = () => read(`${data} tofu = false`);
    if (isRight) assert.deepEqual(attempt().warnings, [], data);
    else assert.match(faultsOf(attempt).join(), /you can not turn off trust on first use \(TOFU\)/, data);
  }
});

test('warns of a pattern that matches more than it seems to, and refuses one that is none', () => {
  assert.deepEqual(read('allowed_dns_patterns = ["^a$", "(?i)^b\\\\.c$"]').warnings, []);
  assert.match(
    read('allowed_dns_patterns = ["p[0-9]\\\\.example\\\\.com"]').warnings.join(),
    /matches any host that has it somewhere in its name: begin it with \^ and end it with \$/,
  );
  assert.match(
    faultsOf(() => read('allowed_dns_patterns = ["("]')).join(),
    /cannot be used: pattern "\(" has/,
  );
  assert.match(faultsOf(() => read('required_port = 0')).join(), /whole number from 1 to 65535/);
  assert.match(faultsOf(() => read('tofuu = true')).join(), /unknown key "tofuu" .* did you mean "tofu"/);
});
