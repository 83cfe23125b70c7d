import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY_JOURNAL,
  encodeJournal,
  type JournalContent,
  parseJournal,
} from '../../../server/ca/journal.ts';
import { utf8 } from '../../../shared/bytes.ts';
import { Code, CodedError } from '../../../shared/errors.ts';

const issuedAt = new Date('2026-01-01T00:00:00Z');
const expiresAt = new Date('2026-01-02T00:00:00Z');
const key = { issuedAt, expiresAt, publicKey: Uint8Array.of(7, 8) };
const content: JournalContent = {
  x509: [
    { slot: 'A', status: 'OLD', issuedAt, certificate: Uint8Array.of(1, 2, 3), upstream: undefined },
    { slot: 'B', status: 'ACTIVE', issuedAt, certificate: Uint8Array.of(4, 5), upstream: undefined },
  ],
  jwt: [{ slot: 'A', status: 'ACTIVE', keyId: 'one', ...key }],
  wit: [
    { slot: 'A', status: 'PREPARED', keyId: 'two', ...key },
    { slot: 'B', status: 'ACTIVE', keyId: 'three', ...key },
  ],
};

test('reads what it wrote', () => {
  assert.deepEqual(parseJournal(encodeJournal(content)), content);
  assert.deepEqual(parseJournal(encodeJournal(EMPTY_JOURNAL)), EMPTY_JOURNAL);
});

test('reads what it wrote of authorities below an upstream one, beside one that is its own root', () => {
  const upstream = { intermediates: [Uint8Array.of(6)], roots: [Uint8Array.of(7), Uint8Array.of(8)] };
  const x509 = content.x509.map((entry) => (entry.slot === 'A' ? { ...entry, upstream } : entry));
  assert.deepEqual(parseJournal(encodeJournal({ ...content, x509 })), { ...content, x509 });
});

test('reads what it wrote of authorities that were imported, beside others', () => {
  const upstream = { intermediates: [], roots: [Uint8Array.of(7)] };
  for (const changes of [{ isImported: true as const }, { isImported: true as const, upstream }]) {
    const x509 = content.x509.map((entry) => (entry.slot === 'A' ? { ...entry, ...changes } : entry));
    assert.deepEqual(parseJournal(encodeJournal({ ...content, x509 })), { ...content, x509 });
  }
});

test('writes no newer version than its content needs, so that an earlier Writ can go on', () => {
  const version = (of: JournalContent): unknown =>
    JSON.parse(Buffer.from(encodeJournal(of)).toString()).version;
  assert.equal(version(content), 2);
  const upstream = { intermediates: [], roots: [Uint8Array.of(7)] };
  const below = content.x509.map((entry) => ({ ...entry, upstream }));
  assert.equal(version({ ...content, x509: below }), 3);
  const imported = content.x509.map((entry) => ({ ...entry, isImported: true as const }));
  assert.equal(version({ ...content, x509: imported }), 4);
});

const entry = { slot: 'A', status: 'ACTIVE', issuedAt: 1_767_225_600, certificate: 'AQID' };

test('reads a journal of the time before token keys', () => {
  const certificate = Uint8Array.of(1, 2, 3);
  assert.deepEqual(parseJournal(utf8(JSON.stringify({ version: 1, x509: [entry] }))), {
    ...EMPTY_JOURNAL,
    x509: [{ slot: 'A', status: 'ACTIVE', issuedAt, certificate, upstream: undefined }],
  });
});

const { certificate, ...head } = entry;
const tokenKey = { ...head, expiresAt: 1_767_312_000, keyId: 'one', publicKey: 'BwgJ' };
const journal = (...x509: readonly unknown[]): string =>
  JSON.stringify({ version: 2, x509, jwt: [], wit: [] });
const upstreamJournal = (...x509: readonly unknown[]): string =>
  JSON.stringify({ version: 3, x509, jwt: [], wit: [] });
const below = { intermediates: [], roots: [] };
const originJournal = (...x509: readonly unknown[]): string =>
  JSON.stringify({ version: 4, x509, jwt: [], wit: [] });
const jwtJournal = (...jwt: readonly unknown[]): string =>
  JSON.stringify({ version: 2, x509: [], jwt, wit: [] });
const malformed: readonly (readonly [string, string, RegExp])[] = [
  ['text that is not JSON', 'x509', /not valid JSON/],
  ['a list', '[]', /other fields/],
  ['null', 'null', /not an object/],
  ['a later version', '{"version":5,"x509":[],"jwt":[],"wit":[]}', /version is 5, this server reads up to 4/],
  [
    'an origin in a version without it',
    upstreamJournal({ ...entry, ...below, isImported: true }),
    /other fields/,
  ],
  [
    'an origin that is neither',
    originJournal({ ...entry, ...below, isImported: 1 }),
    /isImported is neither/,
  ],
  ['no origin in a version with it', originJournal({ ...entry, ...below }), /other fields/],
  ['an unknown field', '{"version":2,"x509":[],"jwt":[],"wit":[],"ssh":[]}', /other fields/],
  ['a missing kind', '{"version":2,"x509":[],"jwt":[]}', /other fields/],
  ['token keys in the first version', '{"version":1,"x509":[],"jwt":[],"wit":[]}', /other fields/],
  [
    'intermediates without a root',
    upstreamJournal({ ...entry, intermediates: ['AQ=='], roots: [] }),
    /without a root/,
  ],
  ['roots that are no list', upstreamJournal({ ...entry, intermediates: [], roots: 'AQ==' }), /not a list/],
  [
    'more roots than there may be',
    upstreamJournal({ ...entry, intermediates: [], roots: Array.from({ length: 101 }, () => 'AQ==') }),
    /not a list of at most 100/,
  ],
  [
    'an upstream in a version without it',
    journal({ ...entry, intermediates: [], roots: [] }),
    /other fields/,
  ],
  ['a missing field', journal({ ...entry, status: undefined }), /other fields/],
  ['an unknown field of an authority', journal({ ...entry, more: 1 }), /other fields/],
  ['an unknown slot', journal({ ...entry, slot: 'C' }), /"C" is not one of A, B/],
  ['an unknown status', journal({ ...entry, status: 'TAINTED' }), /is not one of PREPARED, ACTIVE, OLD/],
  ['a time that is text', journal({ ...entry, issuedAt: '2026' }), /issuedAt/],
  ['a time before all times', journal({ ...entry, issuedAt: -1 }), /issuedAt/],
  ['a time after all times', journal({ ...entry, issuedAt: 253_402_300_800 }), /issuedAt/],
  ['a fraction of a second', journal({ ...entry, issuedAt: 1.5 }), /issuedAt/],
  [
    'a certificate that is not base64',
    journal({ ...entry, certificate: 'AQI' }),
    /certificate is not base64/,
  ],
  ['an empty certificate', journal({ ...entry, certificate: '' }), /certificate is not base64/],
  ['a slot that occurs twice', journal(entry, { ...entry, status: 'OLD' }), /occurs twice/],
  ['two active authorities', journal(entry, { ...entry, slot: 'B' }), /occurs twice/],
  ['three authorities', journal(entry, entry, entry), /at most 2/],
  ['more than any journal holds', journal({ ...entry, certificate: 'A'.repeat(1_100_000) }), /longer than/],
  ['a certificate for a token key', jwtJournal({ ...head, certificate }), /other fields/],
  ['a key without end', jwtJournal({ ...tokenKey, expiresAt: null }), /expiresAt/],
  ['a key without a name', jwtJournal({ ...tokenKey, keyId: '' }), /keyId/],
  ['a key with a long name', jwtJournal({ ...tokenKey, keyId: 'x'.repeat(256) }), /keyId/],
  ['a key that is not base64', jwtJournal({ ...tokenKey, publicKey: '-' }), /publicKey is not base64/],
  ['two active token keys', jwtJournal(tokenKey, { ...tokenKey, slot: 'B' }), /occurs twice/],
];
for (const [name, text, words] of malformed) {
  test(`refuses ${name}, and says what to do`, () => {
    assert.throws(
      () => parseJournal(utf8(text)),
      (error) =>
        error instanceof CodedError &&
        error.code === Code.internal &&
        words.test(error.message) &&
        /delete this server's row of ca_journals/.test(error.message),
    );
  });
}

test('refuses bytes that are not UTF-8', () => {
  assert.throws(() => parseJournal(Uint8Array.of(0xff, 0xfe)), /ca journal cannot be read/);
});
