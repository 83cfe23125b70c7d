import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConnectionString } from '../../../server/datastore/connection-string.ts';
import { Code, CodedError } from '../../../shared/errors.ts';

/** Source: PostgreSQL 15 documentation, 34.1.1. */
const good: readonly (readonly [text: string, expected: Record<string, unknown>])[] = [
  [
    'user=u',
    { host: 'localhost', port: 5432, user: 'u', database: 'u', sslMode: 'require', password: undefined },
  ],
  [
    'host=db port=6000 user=u dbname=d password=p sslmode=disable',
    { host: 'db', port: 6000, database: 'd', password: 'p', sslMode: 'disable' },
  ],
  ["user = 'a b' password = 'it\\'s \\\\'  ", { user: 'a b', password: "it's \\" }],
  ["user=u password=''", { password: undefined }],
  ['user=a\\ b', { user: 'a b' }],
  ['user=u host=/run/postgresql sslmode=verify-full', { host: '/run/postgresql', sslMode: 'disable' }],
  [
    'user=u sslmode=verify-full sslrootcert=/ca sslcert=/c sslkey=/k',
    { sslMode: 'verify-full', rootCaPath: '/ca', clientCertPath: '/c', clientKeyPath: '/k' },
  ],
  ['user=u connect_timeout=10 application_name=x', { connectTimeoutSeconds: 10, applicationName: 'x' }],
  ['postgres://u@h', { host: 'h', user: 'u', database: 'u', port: 5432 }],
  [
    'postgresql://u:p%40%3A@h:6000/d?sslmode=verify-ca&sslrootcert=/ca',
    { user: 'u', password: 'p@:', port: 6000, database: 'd', sslMode: 'verify-ca', rootCaPath: '/ca' },
  ],
  ['postgres://u:p@w@h/d', { password: 'p@w', host: 'h' }],
  ['postgres://u@[::1]:6000/d', { host: '::1', port: 6000 }],
  ['postgres://u@%2Frun%2Fpg/d', { host: '/run/pg', sslMode: 'disable' }],
  ['postgres:///d?host=/run/pg&user=u', { host: '/run/pg', user: 'u', database: 'd' }],
];

for (const [text, expected] of good) {
  test(`reads ${text}`, () => {
    assert.partialDeepStrictEqual(parseConnectionString(text), expected);
  });
}

const bad: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /user is missing/],
  ['host=h', /user is missing/],
  ['user=u port=0', /port must be a number from 1 to 65535/],
  ['user=u port=x', /port must be a number/],
  ['user=u sslmode=prefer', /sslmode must be/],
  ['user=u host=a,b', /several hosts/],
  ['user=u target_session_attrs=read-write', /keyword "target_session_attrs" is not supported/],
  ['user=u password', /expected key=value at character 7/],
  ["user=u password='x", /expected key=value/],
  ['postgres://u:%zz@h', /percent-encoding/],
  ['postgres://u:secret@h#x', /user is missing/],
  ['x'.repeat(5_000), /longer than/],
];

for (const [text, message] of bad) {
  test(`refuses ${text.slice(0, 60) || 'the empty string'}`, () => {
    assert.throws(() => parseConnectionString(text), {
      name: 'CodedError',
      code: Code.invalidArgument,
      message,
    });
  });
}

test('a refusal never repeats a password', () => {
  for (const text of [
    'user=u password=hunter2 port=x',
    'postgres://u:hunter2@h:x/',
    "password='hunter2' user=u bad",
  ]) {
    assert.throws(
      () => parseConnectionString(text),
      (error) => error instanceof CodedError && !/hunter2/.test(error.message),
    );
  }
});

test('any value comes back from quotes', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 50 }),
      fc.string({ minLength: 1, maxLength: 50, unit: 'binary' }),
      (user, password) => {
        const quote = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
        const read = parseConnectionString(`user=${quote(user)} password=${quote(password)}`);
        assert.deepEqual([read.user, read.password], [user, password]);
      },
    ),
  );
});

test('any text is read or refused, in bounded time', () => {
  const piece = fc.constantFrom(
    'user=',
    "'",
    '\\',
    ' ',
    'postgres://',
    '@',
    ':',
    '/',
    '?',
    '%',
    '[',
    ']',
    'a',
    '=',
    '&',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      try {
        parseConnectionString(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof CodedError);
      }
    }),
  );
});
