/** `entry export` and `entry apply` against a real server, as operators type them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, test } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'writ server', commands: serverCommands };
const TD = 'spiffe://example.org';

const FILE = `scope:
  spiffe_ids: ["${TD}/shop/*"]
entries:
  - id: web
    spiffe_id: ${TD}/shop/web
    parent_id: ${TD}/node
    selectors: [unix:uid:1, unix:gid:1]
    dns_names: [web.example]
  - spiffe_id: ${TD}/shop/db
    parent_id: ${TD}/node
    selectors: [unix:uid:2]
`;

describe('entry export and entry apply', () => {
  const endings = new Endings();
  let server: RunningServer;
  before(async () => {
    server = await startServer(endings, { datastore: await (await testDatabase(endings)).open() });
  });
  after(() => endings.end());
  beforeEach(async () => {
    const { entries } = await server.admin.entry.unary('ListEntries', {});
    await server.admin.entry.unary('BatchDeleteEntry', { ids: entries.map(({ id }) => id) });
  });

  const environment = () => ({ SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath });
  const script = (text: string): Promise<void> =>
    runScript({ program, directory: server.config.dataDir, environment: environment() }, text);
  const write = (name: string, text: string): void => writeFileSync(join(server.config.dataDir, name), text);
  const make = (path: string, id: string) =>
    server.admin.entry.unary('BatchCreateEntry', {
      entries: [
        {
          id,
          spiffe_id: { trust_domain: 'example.org', path },
          parent_id: { trust_domain: 'example.org', path: '/node' },
          selectors: [{ type: 'unix', value: 'uid:9' }],
        },
      ],
    });

  it('make entries what the file says, and then there is nothing to do', async () => {
    write('shop.yaml', FILE);
    await script(`
$ entry apply -f DIR/shop.yaml
+ create spiffe://example.org/shop/web (web) below spiffe://example.org/node
+ create spiffe://example.org/shop/db below spiffe://example.org/node
2 to create, 0 to update, 0 to delete, 0 unchanged
Done.
$ entry apply --file DIR/shop.yaml -prune
0 to create, 0 to update, 0 to delete, 2 unchanged
Nothing to do.
$ entry export
# Registration entries, for \`entry apply\`.
entries:
  - id: UUID
    spiffe_id: spiffe://example.org/shop/db
    parent_id: spiffe://example.org/node
    selectors:
      - unix:uid:2
  - id: web
    spiffe_id: spiffe://example.org/shop/web
    parent_id: spiffe://example.org/node
    selectors:
      - unix:gid:1
      - unix:uid:1
    dns_names:
      - web.example
$ entry export -withoutIDs -spiffeID spiffe://example.org/shop/db -output json
{"entries": [
  {"spiffe_id":"spiffe://example.org/shop/db","parent_id":"spiffe://example.org/node","selectors":["unix:uid:2"]}
]}
$ entry export -spiffeID spiffe://example.org/none
# Registration entries, for \`entry apply\`.
entries: []`);
  });

  it('show what would change, change it, and delete what is in the scope alone', async () => {
    write('shop.yaml', FILE);
    await script(`
$ entry apply -f DIR/shop.yaml -output json
{"applied":true,"create":[{"admin":false,"disable_x509_svid_prefetch":false,"dns_names":["web.example"],"downstream":false,"expires_at":0,"federates_with":[],"hint":"","id":"web","jwt_svid_include_jti":false,"jwt_svid_ttl":0,"parent_id":"spiffe://example.org/node","selectors":["unix:gid:1","unix:uid:1"],"spiffe_id":"spiffe://example.org/shop/web","store_svid":false,"x509_svid_ttl":0},{"admin":false,"disable_x509_svid_prefetch":false,"dns_names":[],"downstream":false,"expires_at":0,"federates_with":[],"hint":"","id":"","jwt_svid_include_jti":false,"jwt_svid_ttl":0,"parent_id":"spiffe://example.org/node","selectors":["unix:uid:2"],"spiffe_id":"spiffe://example.org/shop/db","store_svid":false,"x509_svid_ttl":0}],"delete":[],"failures":[],"unchanged":0,"update":[]}`);
    await make('/shop/old', 'old');
    await make('/bank', 'bank');
    write(
      'shop.yaml',
      FILE.replace('web.example', '"*.example"').replace('id: web', 'id: web\n    hint: "h"'),
    );
    await script(`
$ entry apply -f DIR/shop.yaml -prune -dryRun
~ update spiffe://example.org/shop/web (web)
    dns_names: [web.example] -> [*.example]
    hint: "" -> "h"
- delete spiffe://example.org/shop/old (old)
0 to create, 1 to update, 1 to delete, 1 unchanged
Dry run: nothing was done.
? 2
$ entry apply -f DIR/shop.yaml
~ update spiffe://example.org/shop/web (web)
    dns_names: [web.example] -> [*.example]
    hint: "" -> "h"
0 to create, 1 to update, 0 to delete, 1 unchanged
Done.
$ entry apply -f DIR/shop.yaml -prune
- delete spiffe://example.org/shop/old (old)
0 to create, 0 to update, 1 to delete, 2 unchanged
Done.
$ entry count
3 registration entries`);
  });

  it('do nothing where one entry is refused, and say why', async () => {
    await make('/shop/db', 'db');
    write(
      'bad.yaml',
      `entries:\n  - {id: new, spiffe_id: ${TD}/shop/db, parent_id: ${TD}/node, selectors: [unix:uid:9]}\n` +
        `  - {spiffe_id: ${TD}/fine, parent_id: ${TD}/node, selectors: [unix:uid:9]}\n`,
    );
    await script(`
$ entry apply -f DIR/bad.yaml
+ create spiffe://example.org/shop/db (new) below spiffe://example.org/node
+ create spiffe://example.org/fine below spiffe://example.org/node
2 to create, 0 to update, 0 to delete, 0 unchanged
! Failed to create spiffe://example.org/shop/db (new) (code: AlreadyExists, msg: "similar entry already exists: \\"db\\"")
! Error: nothing was done; if entries have changed meanwhile, apply the file again
? 1
$ entry count
1 registration entry`);
  });

  it('explain what is wrong with the file or the flags', async () => {
    write('faulty.yaml', 'entries:\n  - spiffe_id: x\n    selectors: [a:b]\n    hnit: h\n');
    write('open.yaml', 'entries: []\n');
    await script(`
$ entry apply
! Error: a -file is needed, or - for standard input
? 1
$ entry apply -f DIR/faulty.yaml
! Error: DIR/faulty.yaml:2:5: "parent_id" in entry 0 is missing
! DIR/faulty.yaml:2:16: "spiffe_id" in entry 0 must be a SPIFFE ID: scheme is missing or invalid
! DIR/faulty.yaml:4:5: unknown key "hnit" in entry 0; did you mean "hint"?
? 1
$ entry apply -f DIR/open.yaml -prune
! Error: -prune needs a scope in the file, which says what else is its own: scope: {spiffe_ids: [...]}
? 1
$ entry apply -f DIR/none.yaml
! Error: -file DIR/none.yaml cannot be read: ENOENT: no such file or directory, stat 'DIR/none.yaml'
? 1`);
  });

  it('hold a registrar to its scope', async () => {
    await make('/shop/db', 'db');
    await make('/bank', 'bank');
    server.takeRoles([
      {
        kind: 'registrar',
        name: 'shop',
        spiffeIds: [],
        unixUsers: [process.geteuid?.() ?? 0],
        scope: {
          ids: [{ root: `${TD}/shop`, withRoot: true, withBelow: true }],
          parents: [],
          federatesWith: [],
          dnsNames: [],
        },
      },
    ]);
    write('shop.yaml', FILE);
    write(
      'bank.yaml',
      `entries:\n  - {id: bank, spiffe_id: ${TD}/bank, parent_id: ${TD}/node, selectors: [unix:uid:1]}\n`,
    );
    try {
      await script(`
$ entry apply -f DIR/shop.yaml -dryRun
+ create spiffe://example.org/shop/web (web) below spiffe://example.org/node
+ create spiffe://example.org/shop/db below spiffe://example.org/node
2 to create, 0 to update, 0 to delete, 0 unchanged
! Failed to create spiffe://example.org/shop/web (web) (code: PermissionDenied, msg: "DNS name \\"web.example\\" is outside of the scope, as registrar \\"shop\\" has it")
! Error: nothing was done; if entries have changed meanwhile, apply the file again
? 1
$ entry apply -f DIR/bank.yaml
+ create spiffe://example.org/bank (bank) below spiffe://example.org/node
1 to create, 0 to update, 0 to delete, 0 unchanged
! Failed to create spiffe://example.org/bank (bank) (code: PermissionDenied, msg: "SPIFFE ID \\"spiffe://example.org/bank\\" is outside of the scope, as registrar \\"shop\\" has it")
! Error: nothing was done; if entries have changed meanwhile, apply the file again
? 1
$ entry export
# Registration entries, for \`entry apply\`.
entries:
  - id: db
    spiffe_id: spiffe://example.org/shop/db
    parent_id: spiffe://example.org/node
    selectors:
      - unix:uid:9`);
    } finally {
      server.takeRoles([]);
    }
  });
});

test('an entry that changes between the look and the deed stays as it is, and all others too', async (t) => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const server = await startServer(t, { datastore, clock });
  const entry = (hint: string): string =>
    `{id: db, spiffe_id: ${TD}/db, parent_id: ${TD}/node, selectors: [unix:uid:1], hint: "${hint}"}`;
  const apply = (hint: string, onPrint: () => void = () => {}) =>
    type(program, ['entry', 'apply', '-f', '-'], {
      input: `entries:\n  - ${entry(hint)}\n  - ${entry('').replaceAll('db', hint)}\n`,
      environment: { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath },
      onPrint,
    });
  assert.equal((await apply('one')).code, 0);
  const { feed } = datastore.entries;
  const changed = { ...(feed.items.get('db') ?? assert.fail()), hint: 'other', revisionNumber: 7 };
  const { code, err } = await apply('two', () => feed.put('db', changed)); // the plan is printed, and not yet sent
  assert.equal(code, 1);
  assert.match(
    err,
    /Failed to update .* \(code: Aborted, msg: "entry has changed meanwhile: it is at revision 7"\)/,
  );
  assert.deepEqual([feed.items.get('db'), feed.items.has('two')], [changed, false]);
});
