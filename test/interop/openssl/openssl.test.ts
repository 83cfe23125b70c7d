/** openssl on every kind of certificate: those of the issuing functions for every kind of key, and those of a real system. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { StateFile } from '../../../agent/agent-svid/state-file.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner } from '../../../shared/crypto/keys.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { KEY_TYPES, type KeyType } from '../../../shared/crypto/signer.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import { CaTestbed, trustDomain } from '../../server/ca/ca-testbed.ts';
import {
  corporateIntermediate,
  corporateRoot,
  UpstreamFiles,
} from '../../server/upstream-authority/corporate-ca.ts';
import { System } from '../system.ts';
import { printed, verify } from './openssl.ts';
import { ca, checkProfile, intermediate, leaf, type Names } from './profiles.ts';

const VECTORS = join(import.meta.dirname, '..', '..', 'vectors', 'x509-svid');
const TRUST_DOMAIN_ID = 'spiffe://example.org';
const LEAF_KEY_TYPES: readonly KeyType[] = ['ec-p256', 'ec-p384', 'rsa-2048'];
/** As openssl prints the size. */
const bitsOf = (keyType: KeyType): string => /\d+$/.exec(keyType)?.[0] ?? '';

const workloads: readonly Names[] = [
  { spiffeId: 'spiffe://example.org/web' },
  { spiffeId: 'spiffe://example.org/web', dnsNames: ['web.example.org'] },
  { spiffeId: 'spiffe://example.org/ns/a/sa/b_c.d-E', dnsNames: ['a.example.org', 'b', '*.c.example.org'] },
];

/** Good for both purposes under its authority, and for nothing under another. */
function checkTrust(certificate: Uint8Array, authorities: readonly Uint8Array[], at: Date): void {
  for (const purpose of ['sslserver', 'sslclient'] as const)
    assert.equal(verify({ certificate, authorities, purpose, at }), '');
  assert.match(verify({ certificate, authorities: [certificate], purpose: 'sslserver', at }), /error/);
}

for (const keyType of KEY_TYPES) {
  test(`an ${keyType} authority and what it signs`, async () => {
    const testbed = new CaTestbed();
    const server = await testbed.start({ config: { keyType } });
    const roots = (await testbed.authorities()).map(({ certificate }) => certificate);
    const now = testbed.clock.now();
    assert.equal(roots.length, 1);
    for (const root of roots) {
      checkProfile(root, ca, { spiffeId: TRUST_DOMAIN_ID });
      assert.equal(printed(root).keyBits, bitsOf(keyType));
    }
    for (const keyType of LEAF_KEY_TYPES) {
      const signer = keySigner((await generateKeyPair(keyType)).privateKey);
      const csr = await buildCsr(signer);
      for (const { spiffeId, dnsNames = [] } of workloads) {
        const request = { spiffeId: SpiffeId.parse(spiffeId), dnsNames, ttlSeconds: 0 };
        const signed = [
          await server.ca.signX509Svid({ ...request, csr }),
          await server.ca.signServerSvid({ ...request, publicKey: signer.publicKey }),
        ];
        for (const certificate of signed.flatMap(({ chain }) => chain)) {
          checkProfile(certificate, leaf, { spiffeId, dnsNames });
          assert.equal(printed(certificate).keyBits, bitsOf(keyType));
          checkTrust(certificate, roots, now);
        }
      }
    }
    await server.stop();
  });
}

test('an authority below a corporate CA, and what it signs, by the chain that is sent along', async () => {
  const testbed = new CaTestbed();
  const root = await corporateRoot();
  const issuing = await corporateIntermediate(root);
  const config = new UpstreamFiles({ after }).writeBelow(issuing, [], [root]);
  const upstreamAuthority = DiskUpstreamAuthority.open(config, { ...testbed, trustDomain });
  const server = await testbed.start({ upstreamAuthority });
  const { certificate } = server.x509.state().active;
  checkProfile(certificate.raw, intermediate, { spiffeId: TRUST_DOMAIN_ID });
  const signer = keySigner((await generateKeyPair('ec-p256')).privateKey);
  const [names] = workloads;
  assert.ok(names !== undefined);
  const request = { spiffeId: SpiffeId.parse(names.spiffeId), dnsNames: [], ttlSeconds: 0 };
  const { chain } = await server.ca.signX509Svid({ ...request, csr: await buildCsr(signer) });
  const [svid = new Uint8Array(), ...intermediates] = chain;
  checkProfile(svid, leaf, names);
  const roots = [root.certificate.raw];
  const at = testbed.clock.now();
  for (const purpose of ['sslserver', 'sslclient'] as const) {
    assert.equal(verify({ certificate: svid, authorities: roots, intermediates, purpose, at }), '');
    assert.match(
      verify({ certificate: svid, authorities: roots, intermediates: intermediates.slice(1), purpose, at }),
      /unable to get local issuer certificate/,
    );
  }
  await server.stop();
});

/** Vectors whose leaf breaks the profile. */
const WRONG = [
  'key-usage-not-critical',
  'leaf-cert-sign',
  'leaf-crl-sign',
  'leaf-is-ca',
  'leaf-name-constraints',
  'no-digital-signature',
  'no-key-usage',
  'no-uri-san',
  'purposes',
  'two-uri-sans',
];

for (const name of WRONG) {
  test(`the profile refuses the vector wrong-${name}`, () => {
    const path = join(VECTORS, `wrong-${name}.pem`);
    const [certificate = new Uint8Array()] = parsePem(readFileSync(path, 'utf8'), 'CERTIFICATE');
    assert.throws(
      () => checkProfile(certificate, leaf, { spiffeId: idOf(certificate) }),
      assert.AssertionError,
    );
  });
}

/** The URI name, if it is one. */
const idOf = (certificate: Uint8Array): string =>
  /URI:(\S+)/.exec(
    printed(certificate).extensions.get('Subject Alternative Name')?.values.join(' ') ?? '',
  )?.[1] ?? '';

let system: System;
let roots: readonly Uint8Array[];

before(async () => {
  system = await System.start();
  roots = parsePem(await system.serverCli('bundle', 'show'), 'CERTIFICATE');
});
after(() => system?.stop());

test('the authority that a running server publishes', () => {
  assert.equal(roots.length, 1);
  for (const root of roots) checkProfile(root, ca, { spiffeId: TRUST_DOMAIN_ID });
});

test("a running server's own SVID", async () => {
  const socket = connect({ host: '127.0.0.1', port: system.files.port, rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate()?.raw ?? new Uint8Array();
  socket.destroy();
  checkProfile(certificate, leaf, { spiffeId: `${TRUST_DOMAIN_ID}/spire/server` });
  checkTrust(certificate, roots, system.now());
});

test("a running agent's own SVID", () => {
  const [certificate = new Uint8Array()] = StateFile.open(system.files.agentData).state.svid;
  const id = idOf(certificate);
  assert.match(id, /^spiffe:\/\/example\.org\/spire\/agent\/join_token\/[0-9a-f-]{36}$/);
  checkProfile(certificate, leaf, { spiffeId: id });
  checkTrust(certificate, roots, system.now());
});

for (const [at, names] of workloads.entries()) {
  test(`a workload's SVID with ${names.dnsNames?.length ?? 0} DNS names`, async () => {
    const selectors = [`unix:path:${process.execPath}`];
    const entry = await system.register({ ...names, selectors, hint: `number ${at}` });
    const [identity] = (await system.identities()).identities;
    assert.ok(identity !== undefined);
    const [certificate = new Uint8Array()] = identity.chain;
    checkProfile(certificate, leaf, names);
    checkTrust(certificate, roots, system.now());
    await system.admin.deleteEntry(entry);
    await system.untilDenied();
  });
}
