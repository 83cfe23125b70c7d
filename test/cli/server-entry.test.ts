/** The `entry` commands against a real server, as operators type them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript, type ScriptRun } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };

describe('the entry commands', () => {
  const endings = new Endings();
  let server: RunningServer;
  let run: ScriptRun;

  before(async () => {
    server = await startServer(endings, { datastore: await (await testDatabase(endings)).open() });
    const environment = { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath };
    run = { program, directory: server.config.dataDir, environment };
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> => runScript(run, text);

  it('register, show, count, replace and delete', () =>
    script(`
$ entry show
Found 0 entries
$ entry count
0 registration entries
$ entry create -entryID web -parentID spiffe://example.org/node -spiffeID spiffe://example.org/web -selector unix:uid:1000 -selector unix:gid:1000
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/node
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:gid:1000
Selector                : unix:uid:1000

$ entry count --spiffe-id=spiffe://example.org/web
1 registration entry
$ entry update -entryID web -parentID spiffe://example.org/node -spiffeID spiffe://example.org/web -selector unix:uid:1000 -x509SVIDTTL 600 -jwtSVIDTTL 60 -entryExpiry 1893456000 -dns web.example.org -dns www.example.org -admin -downstream -hint 'the web' -disableX509SVIDPrefetch -jwtSVIDIncludeJTI
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/node
Revision                : 1
Downstream              : true
X509-SVID TTL           : 600
JWT-SVID TTL            : 60
Expiration time         : TIME
Selector                : unix:uid:1000
DNS name                : web.example.org
DNS name                : www.example.org
Admin                   : true
Hint                    : the web
DisableX509SvidPrefetch : true
JwtSvidIncludeJti       : true

$ entry show -entryID web -output json
{"entries":[{"additional_attributes":{"disable_x509_svid_prefetch":true,"jwt_svid_include_jti":true},"admin":true,"created_at":"SECONDS","dns_names":["web.example.org","www.example.org"],"downstream":true,"expires_at":"SECONDS","federates_with":[],"hint":"the web","id":"web","jwt_svid_ttl":60,"parent_id":{"path":"/node","trust_domain":"example.org"},"revision_number":"1","selectors":[{"type":"unix","value":"uid:1000"}],"spiffe_id":{"path":"/web","trust_domain":"example.org"},"store_svid":false,"x509_svid_ttl":600}],"next_page_token":""}
$ entry delete -entryID web -output json
{"results":[{"id":"web","status":{"code":0,"message":"OK"}}]}
$ entry show -entryID web
! Error: entry not found
? 1
$ entry show -entryID web -output json
{"error":"entry not found"}
! Error: entry not found
? 1`));

  it('show what could not be done as it was sent, and exit 1, in JSON too', () =>
    script(`
$ entry create -node -spiffeID spiffe://example.org/node -selector aws_iid:abc
Entry ID                : UUID
SPIFFE ID               : spiffe://example.org/node
Parent ID               : spiffe://example.org/spire/server
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : aws_iid:abc

$ entry create -node -spiffeID spiffe://example.org/node -selector aws_iid:abc
! Failed to create the following entry (code: AlreadyExists, msg: "similar entry already exists"):
! Entry ID                : (none)
! SPIFFE ID               : spiffe://example.org/node
! Parent ID               : spiffe://example.org/spire/server
! Revision                : 0
! X509-SVID TTL           : default
! JWT-SVID TTL            : default
! Selector                : aws_iid:abc
! 
! Error: failed to create one or more entries
? 1
$ entry create -node -spiffeID spiffe://example.org/node -selector aws_iid:abc -output json
{"results":[{"entry":{"admin":false,"created_at":"0","dns_names":[],"downstream":false,"expires_at":"0","federates_with":[],"hint":"","id":"","jwt_svid_ttl":0,"parent_id":{"path":"/spire/server","trust_domain":"example.org"},"revision_number":"0","selectors":[{"type":"aws_iid","value":"abc"}],"spiffe_id":{"path":"/node","trust_domain":"example.org"},"store_svid":false,"x509_svid_ttl":0},"status":{"code":6,"message":"similar entry already exists"}}]}
! Error: failed to create one or more entries
? 1
$ entry update -entryID none -parentID spiffe://example.org/node -spiffeID spiffe://example.org/x -selector unix:user:b
! Failed to update the following entry (code: NotFound, msg: "entry not found"):
! Entry ID                : none
! SPIFFE ID               : spiffe://example.org/x
! Parent ID               : spiffe://example.org/node
! Revision                : 0
! X509-SVID TTL           : default
! JWT-SVID TTL            : default
! Selector                : unix:user:b
! 
! Error: failed to update one or more entries
? 1
$ entry delete -entryID none


Failed to delete 1 entries
! Failed to delete entry with ID none (code: NotFound, msg: "entry not found")
! Error: failed to delete one or more entries
? 1
$ entry delete -entryID none -output json
{"results":[{"id":"none","status":{"code":5,"message":"entry not found"}}]}
! Error: failed to delete one or more entries
? 1`));

  it('read files in the shape of SPIRE, and standard input', async () => {
    writeFiles(run.directory);
    await script(`
$ entry create -data DIR/two.json -spiffeID spiffe://example.org/c
Entry ID                : b
SPIFFE ID               : spiffe://example.org/b
Parent ID               : spiffe://example.org/file
Revision                : 0
X509-SVID TTL           : 60
JWT-SVID TTL            : 30
Selector                : unix:user:b
DNS name                : b.example.org
StoreSvid               : true
JwtSvidIncludeJti       : true

Entry ID                : a
SPIFFE ID               : spiffe://example.org/a
Parent ID               : spiffe://example.org/file
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:user:a

! Warning: with -data, -spiffeID says nothing
$ entry update -data - < {"entries":[{"entry_id":"a","spiffe_id":"spiffe://example.org/a2","parent_id":"spiffe://example.org/file","selectors":[{"type":"unix","value":"uid:2"}]}]}
Entry ID                : a
SPIFFE ID               : spiffe://example.org/a2
Parent ID               : spiffe://example.org/file
Revision                : 1
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:uid:2

$ entry delete -file DIR/ids.json
Deleted entry with ID: a
Deleted entry with ID: b




Deleted 2 entries successfully, but failed to delete 1 entries
! Failed to delete entry with ID none (code: NotFound, msg: "entry not found")
! Error: failed to delete one or more entries
? 1`);
  });

  it('filter, and list by SPIFFE ID, parent and selectors, not by age', async () => {
    const create = (id: string, ...flags: readonly string[]) =>
      type(
        program,
        ['entry', 'create', '-entryID', id, '-parentID', 'spiffe://example.org/filter', ...flags],
        run,
      );
    await create('z', '-spiffeID', 'spiffe://example.org/f/z', '-selector', 'f:1', '-selector', 'f:2');
    await create('y2', '-spiffeID', 'spiffe://example.org/f/y', '-selector', 'f:2');
    await create('y1', '-spiffeID', 'spiffe://example.org/f/y', '-selector', 'f:1', '-hint', 'first');
    await create('d', '-spiffeID', 'spiffe://example.org/f/d', '-selector', 'f:3', '-downstream');
    const ids = async (...flags: readonly string[]): Promise<readonly string[]> => {
      const args = ['entry', 'show', '-parentID', 'spiffe://example.org/filter', ...flags];
      const { out } = await type(program, args, run);
      return [...out.matchAll(/^Entry ID +: (.*)$/gm)].map(([, id = '']) => id);
    };
    assert.deepEqual(await ids(), ['d', 'y1', 'y2', 'z']);
    assert.deepEqual(await ids('-spiffeID', '', '-hint', '', '-entryID', ''), ['d', 'y1', 'y2', 'z']);
    assert.deepEqual(await ids('-selector', 'f:2'), ['y2', 'z']);
    assert.deepEqual(await ids('-selector', 'f:2', '-matchSelectorsOn', 'exact'), ['y2']);
    assert.deepEqual(await ids('-selector', 'f:1', '-selector', 'f:3', '-matchSelectorsOn', 'any'), [
      'd',
      'y1',
      'z',
    ]);
    assert.deepEqual(await ids('-selector', 'f:1', '-selector', 'f:3', '-matchSelectorsOn', 'subset'), [
      'd',
      'y1',
    ]);
    assert.deepEqual(await ids('-hint', 'first'), ['y1']);
    assert.deepEqual(await ids('-downstream'), ['d']);
    assert.deepEqual(await ids('-downstream=false'), ['d', 'y1', 'y2', 'z']);
    assert.deepEqual(await ids('-federatesWith', 'other.org'), []);
    await script(`
$ entry count -parentID spiffe://example.org/filter -selector f:2
2 registration entries
$ entry count -parentID spiffe://example.org/filter -output json
{"count":4}`);
  });

  it('send and list more than fits into one message', async () => {
    const entries = Array.from({ length: 1_001 }, (_, at) => ({
      entry_id: `many-${at}`,
      spiffe_id: `spiffe://example.org/many/${String(at).padStart(4, '0')}`,
      parent_id: 'spiffe://example.org/many',
      selectors: [{ type: 'unix', value: `uid:${at}` }],
    }));
    writeFileSync(join(run.directory, 'many.json'), JSON.stringify({ entries }));
    const file = JSON.stringify({ ids: entries.map(({ entry_id }) => entry_id) });
    const created = await type(program, ['entry', 'create', '-data', join(run.directory, 'many.json')], run);
    assert.equal(created.code, 0);
    assert.equal(created.out.match(/^Entry ID /gm)?.length, 1_001);
    const shown = await type(
      program,
      ['entry', 'show', '-parentID', 'spiffe://example.org/many', '-output', 'json'],
      run,
    );
    const listed = JSON.parse(shown.out) as { entries: { id: string }[]; next_page_token: string };
    assert.deepEqual(
      listed.entries.map(({ id }) => id),
      entries.map(({ entry_id }) => entry_id),
    );
    assert.equal(listed.next_page_token, '');
    const deleted = await type(program, ['entry', 'delete', '-file', '-'], { ...run, input: file });
    assert.match(deleted.out, /\nDeleted 1001 entries successfully\n$/);
  });

  it('print what others chose without its control characters', async () => {
    await type(
      program,
      [
        'entry',
        'create',
        '-entryID',
        'odd',
        '-parentID',
        'spiffe://example.org/odd',
        '-spiffeID',
        'spiffe://example.org/odd',
        '-selector',
        'x:\u001b[2Jy',
        '-hint',
        'a\nEntry ID                : forged\u202e',
      ],
      run,
    );
    await script(`
$ entry show -parentID spiffe://example.org/odd
Found 1 entry
Entry ID                : odd
SPIFFE ID               : spiffe://example.org/odd
Parent ID               : spiffe://example.org/odd
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : x:\\x1b[2Jy
Hint                    : a\\nEntry ID                : forged\\u202e
`);
  });
});

/** Every field of SPIRE's shape, and none but those that are needed. */
function writeFiles(directory: string): void {
  const entry = (path: string, more = {}) => ({
    entry_id: path,
    spiffe_id: `spiffe://example.org/${path}`,
    parent_id: 'spiffe://example.org/file',
    selectors: [{ type: 'unix', value: `user:${path}` }],
    ...more,
  });
  const full = {
    x509_svid_ttl: 60,
    jwt_svid_ttl: 30,
    admin: false,
    downstream: false,
    entryExpiry: 0,
    dns_names: ['b.example.org'],
    store_svid: true,
    hint: null,
    federates_with: [],
    additional_attributes: { jwt_svid_include_jti: true },
    revision_number: 7,
  };
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(directory, name), JSON.stringify(content));
  write('two.json', { entries: [entry('b', full), entry('a')] });
  write('ids.json', { ids: ['a', 'none', 'b'] });
}
