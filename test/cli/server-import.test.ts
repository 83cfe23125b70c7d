/** `localauthority x509 import` against a real server: what it takes, prints and refuses. */
import assert from 'node:assert/strict';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { ownCas } from '../server/ca/own-ca.ts';
import { keyIdOf, keyPemOf, pemOf } from '../server/upstream-authority/corporate-ca.ts';

const program = { name: 'spire-server', commands: serverCommands };
const { root, middle, issuing } = await ownCas();
const END = '2027-01-01 00:00:00 +0000 UTC';
const FOLLOWED = `After 2026-12-24 16:00:00 +0000 UTC the server makes a self-signed one to follow it: import another before.\n`;

describe('the command that imports a CA', () => {
  const endings = new Endings();
  let server: RunningServer;
  let directory: string;
  before(async () => {
    const clock = new FakeClock();
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock });
    directory = server.config.dataDir;
    write('root.pem', pemOf(root.certificate));
    write('root.key', keyPemOf(root));
    write('issuing.pem', pemOf(issuing.certificate));
    write('issuing.key', `Made on a Monday\n${keyPemOf(issuing)}`);
    write('above.pem', pemOf(middle.certificate, root.certificate));
    write('whole.pem', pemOf(issuing.certificate, middle.certificate, root.certificate));
  });
  after(() => endings.end());

  const path = (name: string): string => (name === '' ? '' : join(directory, name));
  const write = (name: string, text: string): void => writeFileSync(path(name), text, { mode: 0o600 });
  const typed = (cert: string, key: string, ...args: readonly string[]) =>
    type(program, [
      'localauthority',
      'x509',
      'import',
      '-socketPath',
      server.socketPath,
      '-certPath',
      path(cert),
      '-keyPath',
      path(key),
      ...args,
    ]);
  const prepared = async (): Promise<string | undefined> =>
    (await server.admin.localAuthority.unary('GetX509AuthorityState', {})).prepared?.authority_id;

  it('prints what is prepared, when it signs, and when it is followed', async () => {
    const { code, out, err } = await typed('root.pem', 'root.key');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(
      out,
      `Imported prepared X.509 authority:\n  Authority ID: ${keyIdOf(root)}\n  Expires at: ${END}\n` +
        '  Upstream authority ID: No upstream authority\n\n' +
        `It signs when rotation comes to it, or from this on: spire-server localauthority x509 activate -authorityID ${keyIdOf(root)}\n` +
        FOLLOWED,
    );
    assert.equal(await prepared(), keyIdOf(root));
  });

  it('takes what is above it from one file or two, and answers in JSON', async () => {
    for (const [cert, ...more] of [
      ['issuing.pem', '-chainPath', path('above.pem')],
      ['whole.pem'],
    ] as const) {
      const { code, out } = await typed(cert, 'issuing.key', ...more, '-output', 'json');
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(out), {
        authority: {
          authority_id: keyIdOf(issuing),
          expires_at: String(Date.parse('2027-01-01T00:00:00Z') / 1_000),
          upstream_authority_subject_key_id: keyIdOf(root),
        },
        is_active: false,
        followed_after: String(Date.parse('2026-12-24T16:00:00Z') / 1_000),
      });
    }
  });

  const refusals: readonly (readonly [string, readonly [string, string], () => void, RegExp])[] = [
    ['no certificate', ['', 'root.key'], () => {}, /^Error: -certPath is required\n/],
    ['no key', ['root.pem', ''], () => {}, /^Error: -keyPath is required\n/],
    [
      'a key file that is not there',
      ['root.pem', 'no.key'],
      () => {},
      /^Error: -keyPath \S+no\.key: there is no such file\n/,
    ],
    [
      'a certificate file that is not there',
      ['no.pem', 'root.key'],
      () => {},
      /^Error: -certPath \S+no\.pem cannot be read: /,
    ],
    [
      'a key that its group can read',
      ['root.pem', 'open.key'],
      () => {
        write('open.key', keyPemOf(root));
        chmodSync(path('open.key'), 0o640);
      },
      /^Error: key file \S+open\.key: can be reached by others than its owner \(mode 640\): chmod 600 it\n/,
    ],
    [
      'a key behind a link',
      ['root.pem', 'link.key'],
      () => symlinkSync(path('root.key'), path('link.key')),
      /^Error: key file \S+link\.key: is a symbolic link: give the path of the file itself\n/,
    ],
    ['a directory for a key', ['root.pem', '.'], () => {}, /^Error: key file \S+: is not a regular file\n/],
    [
      'an endless key',
      ['root.pem', 'long.key'],
      () => write('long.key', 'x'.repeat(65_537)),
      /^Error: key file \S+long\.key: is longer than 65536 bytes\n/,
    ],
    [
      'an encrypted key',
      ['root.pem', 'encrypted.key'],
      () => write('encrypted.key', keyPemOf(root).replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')),
      /^Error: -keyPath \S+encrypted\.key: private key is encrypted: decrypt it first\n/,
    ],
    [
      'a certificate for a key',
      ['root.pem', 'root.pem'],
      () => {},
      /^Error: -keyPath \S+root\.pem: there is no private key in PEM\n/,
    ],
    [
      'two keys',
      ['root.pem', 'two.key'],
      () => write('two.key', keyPemOf(root) + keyPemOf(issuing)),
      /^Error: -keyPath \S+two\.key: there is more than one private key\n/,
    ],
    [
      'half of a key',
      ['root.pem', 'half.key'],
      () => write('half.key', keyPemOf(root).slice(0, 100)),
      /^Error: -keyPath \S+half\.key: private key is malformed\n/,
    ],
    [
      'a key for a certificate',
      ['root.key', 'root.key'],
      () => {},
      /^Error: -certPath \S+root\.key: there is no certificate in PEM\n/,
    ],
    [
      "another CA's key",
      ['root.pem', 'issuing.key'],
      () => {},
      /^Error: certificate and private key do not match\n/,
    ],
    [
      'a CA without what is above it',
      ['issuing.pem', 'issuing.key'],
      () => {},
      /^Error: CA certificate is not self-signed, and there is no root: give what is above it, up to a self-signed one\n/,
    ],
  ];
  for (const [what, args, make, words] of refusals)
    it(`refuses ${what}`, async () => {
      make();
      const held = await prepared();
      const { code, out, err } = await typed(...args);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, words);
      assert.equal(await prepared(), held);
      assert.ok(!err.includes(keyPemOf(root).split('\n')[1] ?? ''));
    });

  it('warns of a CA that signs at once', async () => {
    const { code, out, err } = await typed('root.pem', 'root.key', '-activate');
    assert.equal(code, 0);
    assert.match(out, /^Imported active X\.509 authority:\n/);
    assert.doesNotMatch(out, /It signs when/);
    assert.match(
      err,
      /^Warning: it signs at once: whoever does not have the new bundle yet refuses what it signs\./,
    );
  });
});
