/** x509pop on the server: what proves a node, and what it becomes. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Certificate, parseCertificate } from '../../../shared/crypto/certificate.ts';
import { withOtherSignature } from '../../../shared/crypto/other-signature.ts';
import { Code } from '../../../shared/errors.ts';
import { type NodeIdentity, NodePki } from '../../fakes/node-pki.ts';
import { clock, X509PopRig } from './x509pop-rig.ts';

let rig: X509PopRig;

before(async () => {
  rig = await X509PopRig.make();
});
after(() => rig.stop());

const sha1 = (der: Uint8Array | undefined): string => hash('sha1', der ?? new Uint8Array());

const otherForm = (der: Uint8Array | undefined, issuer: Certificate): Uint8Array =>
  withOtherSignature(parseCertificate(der ?? new Uint8Array()), issuer) ?? assert.fail('no other form');

describe('x509pop proves', () => {
  test('a node by the fingerprint of its certificate, with all that the certificate says', async () => {
    const node = await rig.pki.leaf({
      uriSans: [
        'x509pop://example.org/datacenter/us-east-1',
        'x509pop://example.org/rack/a/b',
        'x509pop://other.org/zone/1',
        'x509pop://example.org/alone',
        'x509pop://example.org/%zz/1',
        'https://example.org/',
      ],
    });
    const { id, selectors, canReattest, joinToken } = await rig.prove(node);
    assert.equal(id.toString(), `spiffe://example.org/spire/agent/x509pop/${sha1(node.chain[0])}`);
    assert.equal(canReattest, true);
    assert.equal(joinToken, undefined);
    assert.deepEqual(
      selectors.map(({ type, value }) => `${type}:${value}`),
      [
        'x509pop:subject:cn:node-1',
        `x509pop:ca:fingerprint:${sha1(rig.pki.intermediate.certificate.raw)}`,
        `x509pop:ca:fingerprint:${sha1(rig.pki.root.certificate.raw)}`,
        'x509pop:serialnumber:0a1b',
        'x509pop:san:datacenter:us-east-1',
        'x509pop:san:rack:a/b',
      ],
    );
  });

  test('a node whose URIs are of any length by those of a length that is read', async () => {
    const long = `x509pop://example.org/k/${'/'.repeat(40_000)}x`;
    const node = await rig.pki.leaf({ uriSans: [long, 'x509pop://example.org/rack/1'] });
    const values = (await rig.prove(node)).selectors.map(({ value }) => value);
    assert.deepEqual(
      values.filter((value) => value.startsWith('san:')),
      ['san:rack:1'],
    );
  });

  test('a node with its twin, which is itself with the other form of its signature', async () => {
    const node = await rig.pki.leaf();
    const twin = {
      ...node,
      chain: [otherForm(node.chain[0], rig.pki.intermediate.certificate), ...node.chain.slice(1)],
    };
    const [one, other] = [await rig.prove(node), await rig.prove(twin)];
    assert.notDeepEqual(one.id, other.id);
    assert.deepEqual([one.twins, other.twins], [[other.id], [one.id]]);
    const direct = await rig.pki.leaf({ isDirect: true });
    assert.equal((await rig.prove(direct)).twins?.length, 1);
  });

  for (const [name, make] of [
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2_048 })],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ] as const) {
    test(`a node with a key of ${name}`, async () => {
      const node = await rig.pki.leaf({ key: make().privateKey });
      assert.match((await rig.prove(node)).id.path, /^\/spire\/agent\/x509pop\/[0-9a-f]{40}$/);
    });
  }

  test('a node by the path that a template makes', async () => {
    const node = await rig.pki.leaf({ commonName: 'Node-7', uriSans: ['x509pop://example.org/dc/eu'] });
    for (const [template, path] of [
      ['/cn/{{ .Subject.CommonName }}', '/cn/Node-7'],
      ['/serialnumber/{{ .SerialNumberHex }}', '/serialnumber/0a1b'],
      ['/{{ .URISanSelectors.dc }}/{{ .Subject.CommonName | lower }}', '/eu/node-7'],
      [
        '/{{ index .Subject.Organization 0 }}/{{ .Issuer.CommonName | replace " " "-" }}',
        '/Ops/Machines-Issuer',
      ],
      ['/{{ .TrustDomain }}/{{ .SerialNumber }}', '/example.org/2587'],
    ] as const) {
      const data = `ca_bundle_paths = ["${rig.rootPath}"] agent_path_template = ${JSON.stringify(template)}`;
      assert.equal((await rig.prove(node, {}, rig.attestor('', data))).id.path, `/spire/agent${path}`);
    }
  });

  test('a node that several roots vouch for, with all of them', async () => {
    const other = await NodePki.make(clock.now(), 'Others');
    const both = join(rig.directory, 'both.pem');
    writeFileSync(both, other.rootPem + rig.pki.rootPem);
    const { selectors } = await rig.prove(
      await rig.pki.leaf({ isDirect: true }),
      {},
      rig.attestor('', `ca_bundle_path = "${both}"`),
    );
    const above = selectors.filter(({ value }) => value.startsWith('ca:'));
    assert.deepEqual(
      above.map(({ value }) => value),
      [`ca:fingerprint:${sha1(rig.pki.root.certificate.raw)}`],
    );
  });

  test('a node whose address is in its certificate, where that is asked for', async () => {
    const strict = rig.attestor('verify_client_ip = true');
    const node = await rig.pki.leaf({ ip: '192.0.2.7' });
    await rig.prove(node, {}, strict);
    const denied = { code: Code.permissionDenied, message: /^client IP address is not among/ };
    await assert.rejects(rig.prove(node, { address: '192.0.2.8' }, strict), denied);
    await assert.rejects(rig.prove(node, { address: '2001:db8::1' }, strict), denied);
    await assert.rejects(rig.prove(node, { address: undefined }, strict), denied);
    await assert.rejects(rig.prove(await rig.pki.leaf(), {}, strict), denied);
  });
});

describe('x509pop in mode spiffe', () => {
  const svid = (path: string, domain = 'example.org') =>
    rig.pki.leaf({ uriSans: [`spiffe://${domain}${path}`], isDirect: true });
  const exchange = async (node: Promise<NodeIdentity>, more = '') =>
    rig.prove(await node, {}, rig.attestor(more, 'mode = "spiffe"'));

  for (const [more, path, becomes] of [
    ['', '/spire-exchange/host/1', 'host/1'],
    ['svid_prefix = "/nodes"', '/nodes/1', '1'],
    ['spiffe_prefix = "/nodes/"', '/nodes/1', '1'],
    ['spiffe_prefix = ""', '/a/b', 'a/b'],
  ] as const)
    test(`with ${more || 'no prefix given'}, ${path} becomes an agent`, async () => {
      assert.equal((await exchange(svid(path), more)).id.path, `/spire/agent/x509pop/${becomes}`);
    });

  test('refuses SVIDs that are not below the prefix, or of another trust domain', async () => {
    const refused = { code: Code.permissionDenied, message: 'x509 cert doesnt match SVID prefix' };
    await assert.rejects(exchange(svid('/web')), refused);
    await assert.rejects(exchange(svid('/spire-exchanger/1')), refused);
    await assert.rejects(exchange(svid('/spire-exchange/1', 'other.org')), refused);
  });

  test("refuses what is no SVID, or not by the server's own authorities", async () => {
    const refused = { code: Code.permissionDenied, message: 'certificate verification failed' };
    await assert.rejects(exchange(rig.pki.leaf({ isDirect: true })), refused);
    const foreign = await NodePki.make(clock.now(), 'Others');
    const uriSans = ['spiffe://example.org/spire-exchange/1'];
    await assert.rejects(exchange(foreign.leaf({ uriSans, isDirect: true })), refused);
  });
});
