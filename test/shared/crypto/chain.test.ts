/** Which paths from a leaf to a root are found, and which are refused. Signatures: see chain-signatures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { type Certificate, parseCertificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { node, sequence } from '../../../shared/crypto/der-writer.ts';
import { editAndSign, withExtension } from './edit-certificate.ts';
import { makePath, refuses, verifyPath } from './paths.ts';
import {
  type Changes,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  NOT_AFTER,
  NOT_BEFORE,
  NOW,
  named,
  signerOf,
} from './pki.ts';

test('finds the path from the leaf by an intermediate to the root', async () => {
  const path = await makePath();
  const found = verifyPath(path);
  assert.deepEqual(found, [path.leaf.certificate, path.intermediate.certificate, path.root.certificate]);
});

test('finds a path of every key type', async () => {
  for (const keyType of ['ec-p384', 'rsa-2048'] as const) {
    const path = await makePath({
      root: { keyType },
      intermediate: { keyType: 'ec-p384' },
      leaf: { keyType },
    });
    assert.equal(verifyPath(path).length, 3);
  }
});

test('accepts a leaf that the root signed itself', async () => {
  const root = await makeRoot();
  const leaf = await makeLeaf(root);
  assert.equal(verifyChain({ chain: [leaf.certificate], roots: [root.certificate], at: NOW }).length, 2);
});

test('accepts a root that is its own leaf', async () => {
  const { certificate } = await makeRoot();
  assert.deepEqual(verifyChain({ chain: [certificate], roots: [certificate], at: NOW }), [certificate]);
});

test('takes no notice of certificates that the path does not need, nor of their order', async () => {
  const { root, intermediate, leaf } = await makePath();
  const lower = await makeIntermediate(intermediate, { subject: named('lower') });
  const deepLeaf = await makeLeaf(lower);
  const chain = [deepLeaf, root, leaf, intermediate, lower].map(({ certificate }) => certificate);
  const found = verifyChain({ chain, roots: [root.certificate], at: NOW });
  assert.deepEqual(
    found,
    [deepLeaf, lower, intermediate, root].map(({ certificate }) => certificate),
  );
});

test('finds the root that signed among roots of the same name', async () => {
  const roots = await Promise.all([makeRoot(), makeRoot(), makeRoot()]);
  const [, right] = roots;
  const leaf = await makeLeaf(right, { authorityKeyId: Uint8Array.of(1) });
  const found = verifyChain({
    chain: [leaf.certificate],
    roots: roots.map(({ certificate }) => certificate),
    at: NOW,
  });
  assert.equal(found[1], right.certificate);
});

test('turns back from a cross-signed intermediate that has expired', async () => {
  const root = await makeRoot();
  const intermediate = await makeIntermediate(root);
  const expired = await makeIntermediate(root, {
    publicKey: intermediate.signer.publicKey,
    notAfter: NOT_BEFORE,
  });
  const leaf = await makeLeaf(intermediate);
  const chain = [leaf.certificate, expired.certificate, intermediate.certificate];
  assert.equal(verifyChain({ chain, roots: [root.certificate], at: NOW })[1], intermediate.certificate);
});

test('counts both ends of the validity in, and nothing beyond', async () => {
  const path = await makePath();
  verifyPath(path, NOT_BEFORE);
  verifyPath(path, NOT_AFTER);
  refuses(() => verifyPath(path, new Date(NOT_BEFORE.getTime() - 1)), /not valid before 2026-01-01T00:00:00/);
  refuses(() => verifyPath(path, new Date(NOT_AFTER.getTime() + 1)), /expired at 2026-01-02T00:00:00/);
});

const early = { notAfter: new Date('2026-01-01T06:00:00Z') };
const REFUSED: readonly (readonly [string, Parameters<typeof makePath>[0], RegExp])[] = [
  ['a leaf that has expired', { leaf: early }, /leaf certificate has expired/],
  ['an intermediate that has expired', { intermediate: early }, /intermediate certificate has expired/],
  ['a root that has expired', { root: early }, /root certificate has expired/],
  [
    'an intermediate without the CA flag',
    { intermediate: { isCa: false } },
    /intermediate certificate is not a CA/,
  ],
  ['a root without the CA flag', { root: { isCa: false } }, /root certificate is not a CA/],
  [
    'an intermediate that may not sign',
    { intermediate: { keyUsage: ['crlSign'] } },
    /intermediate certificate may not sign/,
  ],
  ['a root that may not sign', { root: { keyUsage: ['digitalSignature'] } }, /root certificate may not sign/],
  [
    'more intermediates than the root allows',
    { root: { pathLength: 0 } },
    /allows 0 intermediates below it, not 1/,
  ],
  [
    'purposes that an intermediate does not have',
    { intermediate: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] } },
    /no key purpose in common/,
  ],
  [
    'a URI outside what the root permits',
    { root: { nameConstraints: { permitted: { uris: ['example.com'] } } } },
    /"spiffe:\/\/example.org" is not permitted|"spiffe:\/\/example.org\/web" is not permitted/,
  ],
  [
    'a URI that an intermediate excludes',
    { intermediate: { nameConstraints: { excluded: { uris: ['example.org'] } } } },
    /URI "spiffe:\/\/example.org\/web" is excluded/,
  ],
  [
    'a DNS name outside what the intermediate permits',
    {
      intermediate: { nameConstraints: { permitted: { dnsNames: ['a.test'] } } },
      leaf: { dnsSans: ['b.test'] },
    },
    /DNS name "b.test" is not permitted/,
  ],
];

for (const [what, changes, telling] of REFUSED) {
  test(`refuses ${what}`, async () => {
    const path = await makePath(changes);
    refuses(() => verifyPath(path), telling);
  });
}

const ACCEPTED: readonly (readonly [string, Parameters<typeof makePath>[0]])[] = [
  ['as many intermediates as the root allows', { root: { pathLength: 1 }, intermediate: { pathLength: 0 } }],
  ['CA certificates without key usage', { root: { keyUsage: [] }, intermediate: { keyUsage: [] } }],
  ['one purpose in common', { intermediate: { extendedKeyUsage: [Oid.clientAuth] } }],
  ['an intermediate for any purpose', { intermediate: { extendedKeyUsage: [Oid.anyExtendedKeyUsage] } }],
  ['a leaf for some other purpose', { leaf: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] } }],
  ['a URI that the root permits', { root: { nameConstraints: { permitted: { uris: ['example.org'] } } } }],
  [
    'names of a kind that is not constrained',
    { root: { nameConstraints: { permitted: { dnsNames: ['x.test'] } } } },
  ],
];

for (const [what, changes] of ACCEPTED) {
  test(`accepts ${what}`, async () => {
    assert.equal(verifyPath(await makePath(changes)).length, 3);
  });
}

test('wants one of the purposes that the caller names', async () => {
  const root = await makeRoot();
  const leaf = await makeLeaf(root, { extendedKeyUsage: [Oid.serverAuth] });
  const options = { chain: [leaf.certificate], roots: [root.certificate], at: NOW };
  assert.equal(verifyChain({ ...options, purposes: [Oid.clientAuth, Oid.serverAuth] }).length, 2);
  refuses(() => verifyChain({ ...options, purposes: [Oid.clientAuth] }), /no key purpose in common/);
});

test('refuses an empty chain, no roots, and more certificates than SDKs take', async () => {
  const { root, leaf } = await makePath();
  const at = NOW;
  refuses(() => verifyChain({ chain: [], roots: [root.certificate], at }), /chain is empty/);
  refuses(() => verifyChain({ chain: [leaf.certificate], roots: [], at }), /there are no roots/);
  const chain = Array.from({ length: 17 }, () => leaf.certificate);
  refuses(() => verifyChain({ chain, roots: [root.certificate], at }), /more than 16 certificates/);
});

test('refuses a leaf that nothing at hand has signed', async () => {
  const { intermediate, leaf } = await makePath();
  const { certificate: stranger } = await makeRoot();
  const options = { chain: [leaf.certificate, intermediate.certificate], roots: [stranger], at: NOW };
  refuses(() => verifyChain(options), /signature is invalid/);
  refuses(() => verifyChain({ ...options, chain: [leaf.certificate] }), /signed by none of the roots/);
});

test('refuses unknown critical extensions, leaf to root', async () => {
  const { root, intermediate, leaf } = await makePath();
  const odd = (certificate: Certificate): Certificate => ({
    ...certificate,
    unhandledCriticalExtensions: ['1.2.3'],
  });
  const at = NOW;
  for (const at_ of ['leaf', 'intermediate', 'root'] as const) {
    const path = { root, intermediate, leaf };
    const entity = path[at_];
    path[at_] = { ...entity, certificate: odd(entity.certificate) };
    refuses(() => verifyPath(path, at), new RegExp(`${at_} certificate has the critical extension 1.2.3`));
  }
});

test('refuses critical constraints on kinds of names that it cannot judge', async () => {
  const path = await makePath({ root: { nameConstraints: { permitted: { uris: ['example.org'] } } } });
  const { certificate } = path.root;
  const permitted = { uris: [], dnsNames: [], otherCount: 1 };
  const constrained = {
    ...certificate,
    nameConstraints: { permitted, excluded: { ...permitted, otherCount: 0 } },
  };
  refuses(
    () => verifyPath({ ...path, root: { ...path.root, certificate: constrained } }),
    /kind of name that is not supported/,
  );
});

const P256_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

/** Fifteen CAs that share a name: each may have signed any other, none was signed by the root, none has a real key. */
async function makeTangle(issuerName: Uint8Array, changes: Changes = {}) {
  const [root, issuer] = [await makeRoot(), await signerOf('ec-p384')];
  const tangle = await Promise.all(
    Array.from({ length: 15 }, (_, n) => {
      const publicKey = Uint8Array.from([...fromHex(P256_PREFIX), ...new Uint8Array(64).fill(n)]); // off the curve
      return makeIntermediate(root, { subject: named('tangle'), issuerName, issuer, publicKey, ...changes });
    }),
  );
  const leaf = await makeLeaf(root, { issuerName: named('tangle'), issuer });
  return {
    chain: [leaf, ...tangle].map(({ certificate }) => certificate),
    roots: [root.certificate],
    at: NOW,
  };
}

test('gives up on certificates that are tangled to cost time', async () => {
  const tangle = await makeTangle(named('tangle'));
  refuses(() => verifyChain(tangle), /takes 100 steps or more/);
});

test('checks no signature with a key that nobody vouches for', async () => {
  const tangle = await makeTangle(named('root'));
  refuses(() => verifyChain(tangle), /signature is invalid/);
});

test('judges no name by the constraints of a CA that nobody vouches for', async () => {
  const nameConstraints = { permitted: { uris: ['elsewhere.test'] } };
  const tangle = await makeTangle(named('root'), { nameConstraints });
  refuses(() => verifyChain(tangle), /signature is invalid/);
});

test('refuses at a time that is none', async () => {
  const path = await makePath();
  refuses(() => verifyPath(path, new Date(Number.NaN)), /not valid before/);
});

/** A path whose root has one more extension; signed like any other. */
async function withRootExtension(oid: string, value: Parameters<typeof node>[1]) {
  const path = await makePath();
  const raw = await editAndSign(path.root.certificate.raw, path.root.signer, ({ extensions }) => ({
    extensions: withExtension(extensions, { oid, value: value ?? new Uint8Array() }),
  }));
  return { ...path, root: { ...path.root, certificate: parseCertificate(raw) } };
}

test('refuses constraints on policies though they are not critical', async () => {
  const explicitPolicyWanted = sequence(node(0x80, Uint8Array.of(0)));
  const path = await withRootExtension(Oid.policyConstraints, explicitPolicyWanted);
  refuses(() => verifyPath(path), /root certificate constrains policies, which is not supported/);
});

test('refuses a name of a kind that is constrained and not compared, though the constraint is not critical', async () => {
  const address = node(0x87, Uint8Array.of(192, 0, 2, 1));
  const range = node(0x87, Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0));
  const path = await withRootExtension(Oid.nameConstraints, sequence(node(0xa1, sequence(range))));
  assert.equal(verifyPath(path).length, 3);
  const { leaf, intermediate } = path;
  const raw = await editAndSign(leaf.certificate.raw, intermediate.signer, ({ extensions }) => ({
    extensions: withExtension(extensions, { oid: Oid.subjectAltName, value: sequence(address) }),
  }));
  const named = { ...path, leaf: { ...leaf, certificate: parseCertificate(raw) } };
  refuses(() => verifyPath(named), /kind of name that an issuer constrains/);
});

test('refuses a leaf whose key is no point of its curve', async () => {
  const path = await makePath();
  const publicKey = Uint8Array.from(path.leaf.signer.publicKey);
  publicKey.fill(1, -32);
  const leaf = await makeLeaf(path.intermediate, { publicKey });
  refuses(() => verifyPath({ ...path, leaf }), /public key is invalid/);
});
