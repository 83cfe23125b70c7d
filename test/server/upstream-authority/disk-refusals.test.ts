/** What a server says that cannot start below an upstream CA. */
import { rmSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type DiskUpstreamConfig, DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { Code } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { Endings } from '../../fakes/endings.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { isRefusal } from '../../refusal.ts';
import type { Changes } from '../../shared/crypto/pki.ts';
import { corporateIntermediate, corporateRoot, keyPemOf, pemOf, UpstreamFiles } from './corporate-ca.ts';

const endings = new Endings();
after(() => endings.end());
const needs = {
  clock: new FakeClock(),
  log: new FakeLog(),
  random: new FakeRandom(),
  trustDomain: TrustDomain.parse('example.org'),
};
const open = (config: DiskUpstreamConfig): DiskUpstreamAuthority => DiskUpstreamAuthority.open(config, needs);

const root = await corporateRoot();
const issuing = await corporateIntermediate(root);
const deeper = await corporateIntermediate(issuing, 'Acme Deeper');
const otherRoot = await corporateRoot('Other Root');

/** What is wrong with the files, and what the start says. */
const wrong: readonly (readonly [
  string,
  (files: UpstreamFiles) => Promise<DiskUpstreamConfig> | DiskUpstreamConfig,
  RegExp,
])[] = [
  [
    'a certificate that is not there',
    (files) => {
      const config = files.writeRoot(root);
      rmSync(files.certFilePath);
      return config;
    },
    /cert_file_path ".*ca\.pem": ENOENT/,
  ],
  [
    'a key that is not there',
    (files) => {
      const config = files.writeRoot(root);
      rmSync(files.keyFilePath);
      return config;
    },
    /key_file_path ".*ca\.key": ENOENT/,
  ],
  [
    'roots that are not there',
    (files) => {
      const config = files.writeBelow(issuing, [], [root]);
      rmSync(files.bundleFilePath);
      return config;
    },
    /bundle_file_path ".*roots\.pem": ENOENT/,
  ],
  [
    'a directory for a key',
    (files) => ({ ...files.writeRoot(root), keyFilePath: files.directory }),
    /is not a file/,
  ],
  [
    'a file without a certificate',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(files.certFilePath, 'none');
      return config;
    },
    /there is no certificate in PEM/,
  ],
  [
    'a file without a key',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(files.keyFilePath, pemOf(root.certificate));
      return config;
    },
    /there is no private key in PEM/,
  ],
  [
    'two keys',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(files.keyFilePath, keyPemOf(root) + keyPemOf(root));
      return config;
    },
    /more than one private key/,
  ],
  [
    'an encrypted key',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(
        files.keyFilePath,
        root.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      );
      return config;
    },
    /private key is encrypted: decrypt it first/,
  ],
  [
    'the key of another CA',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(files.keyFilePath, keyPemOf(otherRoot));
      return config;
    },
    /certificate and private key do not match/,
  ],
  [
    'an intermediate without bundle_file_path',
    (files) => ({ ...files.writeBelow(issuing, [], [root]), bundleFilePath: undefined }),
    /with no bundle_file_path configured only self-signed CAs are supported/,
  ],
  [
    'a chain without bundle_file_path',
    (files) => ({ ...files.writeBelow(issuing, [root], [root]), bundleFilePath: undefined }),
    /only self-signed CAs are supported/,
  ],
  [
    'roots that did not sign it',
    (files) => files.writeBelow(issuing, [], [otherRoot]),
    /signed by none of the roots/,
  ],
  ['a gap in its chain', (files) => files.writeBelow(deeper, [], [root]), /signed by none of the roots/],
  [
    'more text than any such file has',
    (files) => {
      const config = files.writeRoot(root);
      writeFileSync(files.certFilePath, ' '.repeat(1_048_577));
      return config;
    },
    /longer than/,
  ],
];
for (const [what, make, words] of wrong) {
  test(`does not start with ${what}`, async () => {
    const config = await make(new UpstreamFiles(endings));
    assert.throws(() => open(config), isRefusal(Code.failedPrecondition, words));
    assert.throws(() => open(config), isRefusal(Code.failedPrecondition, /^upstream CA cannot be used: /));
  });
}

/** What is wrong with the CA's certificate. */
const wrongCas: readonly (readonly [string, Changes, RegExp])[] = [
  ['has expired', { notAfter: new Date('2025-12-31T23:59:59Z') }, /has expired/],
  ['is not valid yet', { notBefore: new Date('2026-01-01T00:00:01Z') }, /not valid before/],
  ['is no CA', { isCa: false }, /is not a CA/],
  ['may not sign', { keyUsage: ['digitalSignature'] }, /may not sign|lacks the key usage keyCertSign/],
  ['allows no CA below', { pathLength: 0 }, /CA certificate allows 0 CAs below it, not 1/],
  [
    'is for mail',
    { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] },
    /extended key usages without serverAuth and clientAuth/,
  ],
  ['is for clients alone', { extendedKeyUsage: [Oid.clientAuth] }, /without serverAuth and clientAuth/],
  [
    'allows other names alone',
    { nameConstraints: { permitted: { uris: ['example.com'] } } },
    /does not allow SPIFFE IDs of example\.org/,
  ],
  [
    'excludes the trust domain',
    { nameConstraints: { excluded: { uris: ['example.org'] } } },
    /does not allow SPIFFE IDs of example\.org/,
  ],
];
for (const [what, changes, words] of wrongCas) {
  test(`does not start below a CA that ${what}`, async () => {
    const below = await corporateIntermediate(root, 'Wrong', changes);
    const config = new UpstreamFiles(endings).writeBelow(below, [], [root]);
    assert.throws(() => open(config), isRefusal(Code.failedPrecondition, words));
  });
}
