import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApplyEntriesRequest } from '../../../../proto/gen/writ/entry/v1/ApplyEntriesRequest.ts';
import type { ApplyEntriesResponseOutput } from '../../../../proto/gen/writ/entry/v1/ApplyEntriesResponse.ts';
import type { Entry } from '../../../../proto/gen/spire/api/types/Entry.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type RunningServer, startServer } from '../../../fakes/server-under-test.ts';

const TD = 'spiffe://example.org';
const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const entry = (name: string, fields: Entry = {}): Entry => ({
  spiffe_id: wireId(`/${name}`),
  parent_id: wireId('/node'),
  selectors: [{ type: 'unix', value: `user:${name}` }],
  ...fields,
});

describe('ApplyEntries', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  const datastore = new FakeDatastore(clock);
  let server: RunningServer;
  before(async () => {
    server = await startServer(endings, { datastore, clock });
  });
  after(() => endings.end());

  const apply = (request: ApplyEntriesRequest) => server.admin.changes.unary('ApplyEntries', request);
  const make = async (name: string, fields: Entry = {}) => {
    const wire = { ...entry(name, fields), id: name };
    const { results } = await server.admin.entry.unary('BatchCreateEntry', { entries: [wire] });
    const { id = '', revision_number = '', created_at = '' } = results[0]?.entry ?? {};
    return { id, revision_number, created_at };
  };
  const find = (id: string) => server.admin.entry.unary('GetEntry', { id });
  const codes = ({ created, updated, deleted, unchanged }: ApplyEntriesResponseOutput) =>
    [created, updated, deleted, unchanged].map((results) => results.map(({ status }) => status?.code));

  it('makes, changes and deletes as one deed, and says what became of each', async () => {
    const [a, b, c] = [await make('a'), await make('b'), await make('c')];
    const answer = await apply({
      create: [entry('d', { id: 'd' })],
      update: [{ known: a, entry: entry('a', { hint: 'all' }) }],
      delete: [b],
      unchanged: [c],
    });
    const ok = { code: 0, message: 'OK' };
    assert.deepEqual(answer, {
      applied: true,
      created: [{ status: ok, id: 'd', revision_number: '0' }],
      updated: [{ status: ok, id: 'a', revision_number: '1' }],
      deleted: [{ status: ok, id: 'b', revision_number: '0' }],
      unchanged: [{ status: ok, id: 'c', revision_number: '0' }],
    });
    assert.equal((await find('a')).hint, 'all');
    await assert.rejects(find('b'), { code: Code.notFound });
  });

  it('changes the fields of a mask alone', async () => {
    const known = await make('masked', { hint: 'kept', dns_names: ['a.example'] });
    const update = {
      known,
      entry: { dns_names: ['b.example'], hint: 'ignored' },
      input_mask: { dns_names: true },
    };
    assert.equal((await apply({ update: [update] })).applied, true);
    const { hint, dns_names } = await find('masked');
    assert.deepEqual([hint, dns_names], ['kept', ['b.example']]);
  });

  it('does nothing in a dry run', async () => {
    const known = await make('dry');
    const answer = await apply({ delete: [known], create: [entry('dry2')], dry_run: true });
    assert.deepEqual([answer.applied, codes(answer)], [false, [[0], [], [0], []]]);
    await find('dry');
  });

  it('does nothing where an entry has changed or is gone, or an item is refused, and says which', async () => {
    const stale = await make('stale');
    await server.admin.entry.unary('BatchUpdateEntry', {
      entries: [{ id: 'stale', hint: 'new' }],
      input_mask: { hint: true },
    });
    const answer = await apply({
      create: [
        entry('stale'),
        entry('other', { id: 'stale' }),
        entry('federating', { federates_with: ['unknown.org'] }),
        entry('fine'),
      ],
      update: [{ known: stale, entry: entry('stale') }],
      delete: [{ id: 'nobody' }],
    });
    assert.equal(answer.applied, false);
    const told = [...answer.created, ...answer.updated, ...answer.deleted].map(({ status }) => [
      status?.code,
      status?.message,
    ]);
    assert.deepEqual(told, [
      [Code.alreadyExists, 'similar entry already exists: "stale"'],
      [Code.alreadyExists, 'an entry with this ID exists'],
      [Code.invalidArgument, 'unable to find federated bundle "unknown.org"'],
      [0, 'OK'],
      [Code.aborted, 'entry has changed meanwhile: it is at revision 1'],
      [Code.aborted, 'entry is gone meanwhile'],
    ]);
    assert.equal(
      (await server.admin.entry.unary('CountEntries', { filter: { by_spiffe_id: wireId('/fine') } })).count,
      0,
    );
  });

  const malformed: Readonly<Record<string, readonly [ApplyEntriesRequest, string]>> = {
    'an entry that is none': [
      { create: [entry('x'), {}] },
      'create 1: failed to convert entry: invalid parent ID: request must specify SPIFFE ID',
    ],
    'an update of nothing': [{ update: [{ entry: entry('x') }] }, 'update 0: missing entry ID'],
    'an update to nothing': [{ update: [{ known: { id: 'x' } }] }, 'update 0: missing entry'],
    'a deletion of nothing': [{ delete: [{}] }, 'delete 0: missing entry ID'],
    'an entry that is named twice': [
      { delete: [{ id: 'x' }], unchanged: [{ id: 'x' }] },
      'entry "x" is named twice',
    ],
    'too many': [
      { unchanged: Array.from({ length: 10_001 }, (_, at) => ({ id: `e${at}` })) },
      'more than 10000 entries at once',
    ],
  };

  for (const [name, [request, message]] of Object.entries(malformed))
    it(`refuses ${name}`, () => assert.rejects(apply(request), { code: Code.invalidArgument, message }));

  it('holds a registrar to its scope, item by item', async () => {
    const mine = await make('team');
    const other = await make('bank');
    server.takeRoles([
      {
        kind: 'registrar',
        name: 'team',
        spiffeIds: [],
        unixUsers: [process.geteuid?.() ?? 0],
        scope: {
          ids: [{ root: `${TD}/team`, withRoot: true, withBelow: true }],
          parents: [],
          federatesWith: [],
          dnsNames: [],
        },
      },
      { kind: 'viewer', name: 'v', spiffeIds: [SpiffeId.parse(`${TD}/v`)], unixUsers: [] },
    ]);
    const refused = await apply({
      create: [entry('team/a'), entry('bank/a')],
      update: [{ known: mine, entry: entry('bank') }],
      delete: [other],
    });
    const denied = Code.permissionDenied;
    assert.deepEqual([refused.applied, codes(refused)], [false, [[0, denied], [denied], [denied], []]]);
    const done = await apply({
      create: [entry('team/a')],
      update: [{ known: mine, entry: entry('team', { hint: 'h' }) }],
    });
    assert.equal(done.applied, true);
    server.takeRoles([]);
  });
});
