import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelperConfig, loadHelperConfig } from '../../../agent/svid-files/config.ts';
import { faultsOf } from '../../shared/config/faults-of.ts';

const load = (
  text: string,
  flags: Record<string, string> = {},
): { config: HelperConfig; warnings: readonly string[] } =>
  loadHelperConfig({ path: 'helper.conf', text, flags });

/** Every key, as spiffe-helper's handbook writes it. */
const WHOLE = `
agent_address = "/tmp/spire-agent/public/api.sock"
cmd = "ghostunnel"
cmd_args = "server --listen localhost:8002 --name \\"a b\\""
cert_dir = "/certs"
renew_signal = "SIGUSR1"
svid_file_name = "svid.pem"
svid_key_file_name = "svid_key.pem"
svid_bundle_file_name = "svid_bundle.pem"
jwt_svids = [{jwt_audience="your-audience",jwt_extra_audiences=["extra-1", "extra-2"], jwt_svid_file_name="jwt_svid.token"}]
jwt_bundle_file_name = "bundle.json"
cert_file_mode = 0440
key_file_mode = 0400
jwt_bundle_file_mode = 0444
jwt_svid_file_mode = 0640
add_intermediates_to_bundle = true
include_federated_domains = true
omit_expired = true
hint = "internal"
pid_file_name = "/run/x.pid"
health_checks { listener_enabled = true bind_port = 8082 liveness_path = "/l" readiness_path = "/r" }
`;
const X509 = 'svid_file_name = "s" svid_key_file_name = "k" svid_bundle_file_name = "b"\n';

describe("the helper's configuration", () => {
  it("is spiffe-helper's file, every key of it", () => {
    const { config, warnings } = load(WHOLE);
    assert.deepEqual(warnings, []);
    assert.deepEqual(config, {
      agentAddress: '/tmp/spire-agent/public/api.sock',
      isDaemon: true,
      x509: { svid: '/certs/svid.pem', key: '/certs/svid_key.pem', bundle: '/certs/svid_bundle.pem' },
      jwtSvids: [{ audiences: ['your-audience', 'extra-1', 'extra-2'], fileName: '/certs/jwt_svid.token' }],
      jwtBundle: '/certs/bundle.json',
      modes: { cert: 0o440, key: 0o400, jwtBundle: 0o444, jwtSvid: 0o640 },
      owner: { uid: undefined, gid: undefined },
      hint: 'internal',
      addsIntermediatesToBundle: true,
      includesFederated: true,
      omitsExpired: true,
      process: {
        command: 'ghostunnel',
        args: ['server', '--listen', 'localhost:8002', '--name', 'a b'],
        pidFile: '/run/x.pid',
        renewSignal: 'SIGUSR1',
        restarts: false,
      },
      health: { bindPort: 8_082, livePath: '/l', readyPath: '/r' },
    });
  });

  it('has usual modes, no listener, and goes on for ever, unless told otherwise', () => {
    const { config } = load(X509);
    assert.deepEqual(config.modes, { cert: 0o644, key: 0o600, jwtBundle: 0o600, jwtSvid: 0o600 });
    assert.deepEqual([config.health, config.isDaemon, config.agentAddress], [undefined, true, undefined]);
    assert.equal(load(`${X509} daemon_mode = false`).config.isDaemon, false);
    assert.equal(load(`${X509} daemon_mode = false`, { 'daemon-mode': 'true' }).config.isDaemon, true);
    assert.equal(load(X509, { 'daemon-mode': 'false' }).config.isDaemon, false);
  });

  for (const [what, text, fault] of [
    [
      'a key that nobody knows',
      `${X509} svid_filename = "x"`,
      /:2:2: unknown key "svid_filename".*svid_file_name/,
    ],
    ['no file at all', 'cmd = "x"', /nothing is asked for/],
    ['an SVID without a key', 'svid_file_name = "s"', /go together/],
    [
      'two files of one name',
      'jwt_svids = [{jwt_audience="a" jwt_svid_file_name="f"}] jwt_bundle_file_name = "f"',
      /same name/,
    ],
    [
      'a decimal mode',
      `${X509} key_file_mode = 640`,
      /:2:18: "key_file_mode" must be an octal mode with a leading zero/,
    ],
    ['a mode with a setuid bit', `${X509} key_file_mode = 04600`, /must be at most 0777/],
    ['a signal that is none', `${X509} renew_signal = "SIGNAL"`, /must be the name of a signal/],
    ['a quote in the middle of an argument', `${X509} cmd = "x" cmd_args = "a\\"b c\\""`, /does not enclose/],
    ['a pid file without a signal', `${X509} pid_file_name = "p"`, /needs a renew_signal/],
    [
      'a pid file that it writes itself',
      `${X509} pid_file_name = "k" renew_signal = "SIGHUP"`,
      /is written here/,
    ],
    [
      'a pid file when it fetches once',
      `${X509} pid_file_name = "p" renew_signal = "SIGHUP" daemon_mode = false`,
      /needs daemon_mode/,
    ],
    ['a restart of nothing', `${X509} restart_on_renew = true`, /needs a cmd/],
    ['a restart and a signal', `${X509} cmd = "x" restart_on_renew = true renew_signal = "SIGHUP"`, /choose/],
    ['a JWT-SVID for nobody', 'jwt_svids = [{jwt_svid_file_name="f"}]', /needs a jwt_audience/],
    ['a JWT-SVID without a file', 'jwt_svids = [{jwt_audience="a"}]', /needs a jwt_svid_file_name/],
    [
      'a JWT-SVID with an unknown key',
      'jwt_svids = [{jwt_audience="a" jwt_svid_file_name="f" x=1}]',
      /unknown key "x"/,
    ],
    ['a JWT-SVID that is a text', 'jwt_svids = ["a"]', /must be an object/],
    ['an owner by name', `${X509} file_uid = "postgres"`, /must be a user or group number/],
  ] as const)
    it(`refuses ${what}`, () => assert.match(faultsOf(() => load(text)).join('\n'), fault));

  it('warns of secrets that all may read, and of what a single fetch leaves out', () => {
    const text = `${X509} key_file_mode = 0444 daemon_mode = false cmd = "x"`;
    assert.match(load(text).warnings.join('\n'), /"cmd" has no effect[^]*every user of the machine/);
  });
});
