/** `api fetch x509` and `api watch` against a Workload API that answers what the test says. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import type { X509SVIDResponse } from '../../proto/gen/X509SVIDResponse.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { invalidArgument, permissionDenied, unavailable } from '../../shared/errors.ts';
import { type Typed, type } from '../fakes/terminal.ts';
import { FakeWorkloadApi } from '../fakes/workload-api-server.ts';
import { type Entity, makeIntermediate, makeLeaf, makeRoot } from '../shared/crypto/pki.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-agent', commands: agentCommands };
const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2126-01-01T00:00:00Z') };

interface Given {
  readonly root: Entity;
  /** Issuer first. */
  readonly intermediates?: readonly Entity[];
  readonly hint?: string;
  readonly bundle?: readonly Entity[];
}

type WireSvid = NonNullable<X509SVIDResponse['svids']>[number];

async function svidOf(
  id: string,
  { root, intermediates = [], hint = '', bundle = [root] }: Given,
): Promise<WireSvid> {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const leaf = await makeLeaf(intermediates[0] ?? root, { publicKey, uriSans: [id], ...validity });
  return {
    spiffe_id: id,
    x509_svid: Buffer.concat([leaf, ...intermediates].map(({ certificate }) => certificate.raw)),
    x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
    bundle: Buffer.concat(bundle.map(({ certificate }) => certificate.raw)),
    hint,
  };
}

describe('the commands of the Workload API', () => {
  const api = new FakeWorkloadApi();
  const directory = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  const environment = { SPIFFE_ENDPOINT_SOCKET: api.address };
  let root: Entity;
  let web: X509SVIDResponse;
  let everything: X509SVIDResponse;

  before(async () => {
    await api.start();
    root = await makeRoot(validity);
    const other = await makeRoot(validity);
    const intermediate = await makeIntermediate(root, validity);
    const [far, near] = [await makeRoot(validity), await makeRoot(validity)];
    web = { svids: [await svidOf('spiffe://example.org/web', { root })] };
    everything = {
      svids: [
        await svidOf('spiffe://example.org/web', { root, intermediates: [intermediate], hint: 'in\nside' }),
        await svidOf('spiffe://example.org/job', { root, bundle: [other, root] }),
      ],
      federated_bundles: {
        'spiffe://far.org': Buffer.from(far.certificate.raw),
        'spiffe://near.org': Buffer.from(near.certificate.raw),
        'spiffe://empty.org': Buffer.alloc(0),
      },
    };
  });
  after(async () => {
    await api.stop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => api.set({ response: web }));

  const script = (text: string): Promise<void> => runScript({ program, directory, environment }, text);
  const typed = (args: readonly string[], more: Typed = {}) => type(program, args, { environment, ...more });

  it('print one SVID and its authorities', () =>
    script(`
$ api fetch x509
Received 1 svid after TOOK

SPIFFE ID:		spiffe://example.org/web
SVID Valid After:	TIME
SVID Valid Until:	TIME
CA #1 Valid After:	TIME
CA #1 Valid Until:	TIME

$ api fetch -silent`));

  it('print hints, intermediates, several SVIDs and federated bundles, these by name', async () => {
    api.set({ response: everything });
    await script(`
$ api fetch x509
Received 2 svids after TOOK

SPIFFE ID:		spiffe://example.org/web
Hint:			in\\nside
SVID Valid After:	TIME
SVID Valid Until:	TIME
Intermediate #1 Valid After:	TIME
Intermediate #1 Valid Until:	TIME
CA #1 Valid After:	TIME
CA #1 Valid Until:	TIME
CA #2 Valid After:	TIME
CA #2 Valid Until:	TIME
[far.org] CA #1 Valid After:	TIME
[far.org] CA #1 Valid Until:	TIME
[near.org] CA #1 Valid After:	TIME
[near.org] CA #1 Valid Until:	TIME

SPIFFE ID:		spiffe://example.org/job
SVID Valid After:	TIME
SVID Valid Until:	TIME
CA #1 Valid After:	TIME
CA #1 Valid Until:	TIME
CA #2 Valid After:	TIME
CA #2 Valid Until:	TIME
[far.org] CA #1 Valid After:	TIME
[far.org] CA #1 Valid Until:	TIME
[near.org] CA #1 Valid After:	TIME
[near.org] CA #1 Valid Until:	TIME
`);
  });

  it('print the times of the certificates', async () => {
    const { out } = await typed(['api', 'fetch', 'x509']);
    assert.match(out, /\nSVID Valid After:\t2026-01-01 00:00:00 \+0000 UTC\n/);
    assert.match(out, /\nCA #1 Valid Until:\t2126-01-01 00:00:00 \+0000 UTC\n/);
  });

  it('write what SPIRE writes, keys for their owner alone', async () => {
    api.set({ response: everything });
    const args = ['api', 'fetch', 'x509', '-write', directory];
    const { out, code } = await typed(args);
    assert.equal(code, 0);
    const said = out.slice(out.indexOf('Writing')).replaceAll(directory, 'DIR');
    assert.equal(
      said,
      [0, 1]
        .flatMap((at) => [
          `Writing SVID #${at} to file DIR/svid.${at}.pem.\n`,
          `Writing key #${at} to file DIR/svid.${at}.key.\n`,
          `Writing bundle #${at} to file DIR/bundle.${at}.pem.\n`,
          `Writing federated bundle #0 for trust domain empty.org to file DIR/federated_bundle.${at}.0.pem.\n`,
          `Writing federated bundle #1 for trust domain far.org to file DIR/federated_bundle.${at}.1.pem.\n`,
          `Writing federated bundle #2 for trust domain near.org to file DIR/federated_bundle.${at}.2.pem.\n`,
        ])
        .join(''),
    );
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    assert.equal(modes.length, 12);
    for (const [name, mode] of modes) assert.equal(mode, String(name).endsWith('.key') ? 0o600 : 0o644);
    const pem = (name: string, label = 'CERTIFICATE') =>
      Buffer.concat(parsePem(readFileSync(join(directory, name), 'utf8'), label));
    assert.deepEqual(pem('svid.0.pem'), everything.svids?.[0]?.x509_svid);
    assert.deepEqual(pem('svid.1.key', 'PRIVATE KEY'), everything.svids?.[1]?.x509_svid_key);
    assert.deepEqual(pem('federated_bundle.1.2.pem'), everything.federated_bundles?.['spiffe://near.org']);
  });

  it('write in silence beside JSON, which has every field', async () => {
    const { out, err } = await typed(['api', 'fetch', 'x509', '-write', directory, '-output', 'json']);
    const [svid] = web.svids ?? [];
    const base64 = (bytes: unknown): string => Buffer.from(bytes as Buffer).toString('base64');
    const wanted = {
      crl: [],
      federated_bundles: {},
      svids: [
        {
          bundle: base64(svid?.bundle),
          hint: '',
          spiffe_id: 'spiffe://example.org/web',
          x509_svid: base64(svid?.x509_svid),
          x509_svid_key: base64(svid?.x509_svid_key),
        },
      ],
    };
    assert.equal(out, `${JSON.stringify(wanted)}\n`);
    assert.equal(err, '');
    assert.deepEqual(
      parsePem(readFileSync(join(directory, 'bundle.0.pem'), 'utf8'), 'CERTIFICATE').length,
      1,
    );
  });

  it('say what keeps them from an SVID', async () => {
    api.set({ error: permissionDenied('no identity issued') });
    await script(`
$ api fetch x509
! Error: no identity issued; 'spire-agent explain -pid PID' tells what a process lacks
? 1
$ api fetch -output json
{"error":"no identity issued; 'spire-agent explain -pid PID' tells what a process lacks"}
! Error: no identity issued; 'spire-agent explain -pid PID' tells what a process lacks
? 1`);
    api.set({ response: {} });
    await script(`
$ api fetch
! Error: the Workload API answered without an SVID
? 1`);
    api.set({
      response: { svids: [await svidOf('spiffe://example.org/web', { root, bundle: [await makeRoot()] })] },
    });
    const { err } = await typed(['api', 'fetch']);
    assert.match(err, /^Error: X509-SVID "spiffe:\/\/example.org\/web" cannot be verified: /);
    api.set({ response: web });
    await script(`
$ api fetch -write DIR/none -silent
! Error: there is no directory DIR/none to write to
? 1`);
  });

  it('find the socket by the flag, SPIRE’s variables, and the address that workloads have', async () => {
    const path = api.address.slice('unix://'.length);
    const works = async (environment: Readonly<Record<string, string>>, ...flags: readonly string[]) => {
      const { code, err } = await type(program, ['api', 'fetch', '-silent', ...flags], { environment });
      assert.deepEqual([code, err], [0, '']);
    };
    await works({}, '-socketPath', path);
    await works({ SPIRE_AGENT_PUBLIC_SOCKET: '/nowhere' }, '--socket-path', path);
    await works({ SPIRE_AGENT_PUBLIC_SOCKET: path, SPIFFE_ENDPOINT_SOCKET: 'unix:///nowhere' });
    await works({ SPIFFE_ENDPOINT_SOCKET: api.address });
    await works(
      {
        SPIRE_AGENT_PUBLIC_SOCKET_TEMPLATE: path.replace('api', '%i'),
        SPIRE_AGENT_PUBLIC_SOCKET: '/nowhere',
      },
      '-instance',
      'api',
    );
  });

  it('speak to no other socket than the one that the environment means', async () => {
    for (const [address, says] of [
      ['tcp://127.0.0.1:8081', /is tcp:\/\/127\.0\.0\.1:8081, but .*-socketPath/],
      [api.address.slice('unix://'.length), /bare path: write unix:\/\//],
    ] as const) {
      const { code, err } = await type(program, ['api', 'fetch'], {
        environment: { SPIFFE_ENDPOINT_SOCKET: address },
      });
      assert.equal(code, 1);
      assert.match(err, says);
    }
  });

  it('watch: print every change and each trouble once, until the agent has nothing more to say', async () => {
    const lines: string[] = [];
    const watched = type(program, ['api', 'watch'], { environment, onPrint: (text) => lines.push(text) });
    const printed = async (count: number): Promise<void> => {
      while (lines.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await printed(1);
    api.set({ response: everything });
    await printed(2);
    api.set({ error: unavailable('not now') });
    await printed(3);
    api.set({ response: web });
    await printed(4);
    api.set({ error: invalidArgument('never again') });
    const { code } = await watched;
    assert.equal(code, 1);
    assert.deepEqual(
      lines.map((line) => line.split('\n')[0]?.replace(/after .*/, 'after TOOK')),
      [
        'Received 1 svid after TOOK',
        'Received 2 svids after TOOK',
        'Warning: not now; trying again',
        'Received 1 svid after TOOK',
        'Error: never again',
      ],
    );
  });
});
