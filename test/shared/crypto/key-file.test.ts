import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fs, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeyFile } from '../../../shared/crypto/key-file.ts';
import { Code, CodedError } from '../../../shared/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-key-file-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(directory, `${++files}.json`);

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const base64 = (key: KeyObject): string => key.export({ format: 'der', type: 'pkcs8' }).toString('base64');

function written(text: string): string {
  const path = newPath();
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function refusalOf(deed: () => unknown): CodedError {
  try {
    deed();
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, Code.failedPrecondition);
    return error;
  }
  return assert.fail('nothing was refused');
}

test('a missing file holds no keys', () => {
  assert.equal(KeyFile.open(newPath()).keys.size, 0);
});

test('takes over a keys.json in the layout that SPIRE writes', () => {
  const [a, jwt] = [newKey(), generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey];
  const path = written(
    `{\n\t"keys": {\n\t\t"JWT-Signer-A": "${base64(jwt)}",\n\t\t"x509-CA-A": "${base64(a)}"\n\t}\n}`,
  );
  const file = KeyFile.open(path);
  assert.equal(file.keys.get('x509-CA-A')?.equals(a), true);
  assert.equal(file.keys.get('JWT-Signer-A')?.equals(jwt), true);

  file.put('x509-CA-B', newKey());
  assert.deepEqual([...KeyFile.open(path).keys.keys()].sort(), ['JWT-Signer-A', 'x509-CA-A', 'x509-CA-B']);
});

test('writes the layout that SPIRE reads', () => {
  const path = newPath();
  const key = newKey();
  KeyFile.open(path).put('agent-svid-A', key);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { keys: { 'agent-svid-A': base64(key) } });
});

test('refuses to write over what another process wrote', () => {
  const path = newPath();
  const [ours, theirs] = [KeyFile.open(path), KeyFile.open(path)];
  theirs.put('k', newKey());
  assert.match(refusalOf(() => ours.put('k', newKey())).message, /another process changed it/);
  theirs.put('k', newKey());
});

const ed25519 = generateKeyPairSync('ed25519').privateKey;
const unknownContents: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /not JSON/],
  ['half a file', `{"keys": {"x509-CA-A": "${base64(newKey()).slice(0, 40)}`, /not JSON/],
  ['a list', '[]', /not \{"keys"/],
  ['no keys', '{}', /not \{"keys"/],
  ['keys that are a list', '{"keys":[]}', /not \{"keys"/],
  ['another field', '{"keys":{},"version":2}', /not \{"keys"/],
  ['a key that is a number', '{"keys":{"k":1}}', /key "k" is not base64/],
  ['a key that is not base64', '{"keys":{"k":"*"}}', /key "k" is not base64/],
  ['a key that is not PKCS #8', '{"keys":{"k":"AAAA"}}', /key "k" is not a PKCS #8 key/],
  [
    'a key of an unsupported type',
    `{"keys":{"k":"${base64(ed25519)}"}}`,
    /key "k" is not a PKCS #8 key of a supported type/,
  ],
  ['an empty id', `{"keys":{"":"${base64(newKey())}"}}`, /key id/],
];
for (const [name, text, words] of unknownContents) {
  test(`refuses ${name}, says what to do, and quotes nothing`, () => {
    const error = refusalOf(() => KeyFile.open(written(text)));
    assert.match(error.message, words);
    assert.match(error.message, /restore it from a backup, or remove it/);
    assert.doesNotMatch(`${error.message} ${error.stack} ${String(error.cause)}`, /MIGH/);
  });
}

for (const mode of [0o644, 0o640, 0o602, 0o660, 0o610]) {
  test(`refuses a file of mode ${mode.toString(8)}`, () => {
    const path = written('{"keys":{}}');
    chmodSync(path, mode);
    assert.match(
      refusalOf(() => KeyFile.open(path)).message,
      new RegExp(`mode ${mode.toString(8)}\\): chmod 600`),
    );
  });
}

test('refuses a file that was opened up after it was read', () => {
  const path = written('{"keys":{}}');
  const file = KeyFile.open(path);
  chmodSync(path, 0o666);
  assert.match(refusalOf(() => file.put('k', newKey())).message, /chmod 600/);
});

test('refuses a file of another user', {
  skip: process.geteuid?.() !== 0 && 'only root can give files away',
}, () => {
  const path = written('{"keys":{}}');
  chownSync(path, 12_345, 12_345);
  assert.match(
    refusalOf(() => KeyFile.open(path)).message,
    /belongs to user 12345, this process is user 0: chown/,
  );
});

test('refuses a symbolic link, a directory and a file without end', () => {
  const target = written('{"keys":{}}');
  const link = newPath();
  symlinkSync(target, link);
  assert.match(refusalOf(() => KeyFile.open(link)).message, /symbolic link/);

  const folder = newPath();
  mkdirSync(folder);
  assert.match(refusalOf(() => KeyFile.open(folder)).message, /not a regular file/);

  truncateSync(target, 2 ** 31);
  assert.match(refusalOf(() => KeyFile.open(target)).message, /longer than/);
});

test('half of a key file that a crash left beside it is gone at the next start', () => {
  const path = newPath();
  KeyFile.open(path).put('a', newKey());
  writeFileSync(`${path}.1234.tmp`, '{"keys":{"a":"MIG');
  assert.deepEqual([...KeyFile.open(path).keys.keys()], ['a']);
  assert.equal(existsSync(`${path}.1234.tmp`), false);
});

/** Does the deed with every sync of the file system failing that is `failing`; nothing else runs meanwhile. */
function withFailingSync(failing: 'files' | 'directories', deed: () => void): void {
  const real = fs.fsyncSync;
  fs.fsyncSync = (fd: number) => {
    if (fs.fstatSync(fd).isDirectory() === (failing === 'directories'))
      throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC' });
    real(fd);
  };
  syncBuiltinESMExports();
  try {
    deed();
  } finally {
    fs.fsyncSync = real;
    syncBuiltinESMExports();
  }
}

for (const failures of [
  ['directories'],
  ['files'],
  ['directories', 'files'],
  ['directories', 'directories'],
] as const)
  test(`after a failed sync of ${failures.join(', then of ')} the next key is kept`, () => {
    const path = newPath();
    const file = KeyFile.open(path);
    const [first, last] = [newKey(), newKey()];
    file.put('first', first);
    for (const failing of failures)
      withFailingSync(failing, () => {
        assert.match(refusalOf(() => file.put('lost', newKey())).message, /cannot be written: .*make room/);
      });
    assert.deepEqual([...file.keys.keys()], ['first'], 'what was refused is not handed out');
    file.put('last', last);
    const { keys } = KeyFile.open(path);
    assert.deepEqual([...keys.keys()], ['first', 'last']);
    assert.ok(keys.get('last')?.equals(last));
  });
