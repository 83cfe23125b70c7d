import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { Code } from '../../../shared/errors.ts';
import { parseX509Svid, verifyX509Svid } from '../../../shared/svid/x509-svid.ts';
import { isRefusal } from '../../refusal.ts';
import { makeLeaf, makeRoot, NOT_AFTER, NOT_BEFORE, NOW } from '../crypto/pki.ts';

const FOLDER = new URL('../../vectors/x509-svid/', import.meta.url);

interface Vector {
  readonly header: ReadonlyMap<string, string>;
  readonly chain: readonly Uint8Array[];
  readonly roots: readonly Uint8Array[];
}

function readVector(file: string): Vector {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const lines = text.slice(0, text.indexOf('\n\n')).split('\n');
  const header = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const certificates = parsePem(text, 'CERTIFICATE');
  const length = Number(header.get('chain'));
  return { header, chain: certificates.slice(0, length), roots: certificates.slice(length) };
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.pem'));

test('there are vectors', () => {
  assert.ok(files.length > 30);
});

for (const file of files) {
  const { header, chain, roots } = readVector(file);
  const expected = header.get('expect') ?? '';
  const verify = () =>
    verifyX509Svid({
      chain,
      authorities: (trustDomain) => (trustDomain.name === header.get('bundle') ? roots : undefined),
      at: new Date(header.get('at') ?? ''),
    });
  if (expected === 'valid') {
    test(`accepts ${file}`, () => {
      assert.equal(verify().id.toString(), 'spiffe://example.org/web');
    });
  } else {
    test(`refuses ${file}: ${expected}`, () => {
      assert.throws(verify, isRefusal(Code.invalidArgument, expected));
    });
  }
}

test('tells who, from when to when, and under which serial number', async () => {
  const root = await makeRoot();
  const { certificate } = await makeLeaf(root, { serialNumber: Uint8Array.of(0xff, 0, 1) });
  const svid = parseX509Svid([certificate.raw]);
  assert.equal(svid.id.toString(), 'spiffe://example.org/web');
  assert.deepEqual(svid.issuedAt, NOT_BEFORE);
  assert.deepEqual(svid.expiresAt, NOT_AFTER);
  assert.equal(svid.serialNumber, '16711681');
  assert.equal(svid.certificates.length, 1);
});

test('refuses more certificates than SDKs take', async () => {
  const { certificate } = await makeLeaf(await makeRoot());
  assert.throws(
    () => parseX509Svid(Array.from({ length: 17 }, () => certificate.raw)),
    /more than 16 certificates/,
  );
});

test('an authority that cannot be read does not spoil the others of its bundle', async () => {
  const root = await makeRoot();
  const { certificate } = await makeLeaf(root);
  const authorities = [Uint8Array.of(0x30, 0), root.certificate.raw];
  assert.ok(verifyX509Svid({ chain: [certificate.raw], authorities: () => authorities, at: NOW }));
  const unreadable = () => [Uint8Array.of(0x30, 0)];
  assert.throws(
    () => verifyX509Svid({ chain: [certificate.raw], authorities: unreadable, at: NOW }),
    /there are no roots/,
  );
});
