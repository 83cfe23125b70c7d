import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Entry } from '../../../../proto/gen/spire/api/types/Entry.ts';
import type { WatchEntriesRequest } from '../../../../proto/gen/writ/entry/v1/WatchEntriesRequest.ts';
import type { WatchEntriesResponseOutput } from '../../../../proto/gen/writ/entry/v1/WatchEntriesResponse.ts';
import type { Role } from '../../../../server/config/roles-fields.ts';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type RunningServer, startServer } from '../../../fakes/server-under-test.ts';

const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const entry = (name: string, fields: Entry = {}): Entry => ({
  id: name.replaceAll('/', '.'),
  spiffe_id: wireId(`/${name}`),
  parent_id: wireId('/node'),
  selectors: [{ type: 'unix', value: `user:${name}` }],
  ...fields,
});
const me = process.geteuid?.() ?? 0;
const team: Role = {
  kind: 'registrar',
  name: 'team',
  spiffeIds: [],
  unixUsers: [me],
  scope: {
    ids: [{ root: 'spiffe://example.org/team', withRoot: true, withBelow: true }],
    parents: [],
    federatesWith: [],
    dnsNames: [],
  },
};

describe('WatchEntries', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  const datastore = new FakeDatastore(clock);
  let server: RunningServer;
  before(async () => {
    server = await startServer(endings, { datastore, clock });
  });
  after(() => endings.end());

  const create = (...entries: Entry[]) => server.admin.entry.unary('BatchCreateEntry', { entries });
  const hint = (id: string, text: string) =>
    server.admin.entry.unary('BatchUpdateEntry', {
      entries: [{ id, hint: text }],
      input_mask: { hint: true },
    });
  const remove = (...ids: string[]) => server.admin.entry.unary('BatchDeleteEntry', { ids });

  /** Begins to watch; `next` gives the next change, and steps over positions. */
  async function watch(request: WatchEntriesRequest = {}) {
    const answers = server.admin.changes.serverStream('WatchEntries', request);
    const first = (await answers.next()).value as WatchEntriesResponseOutput;
    let last = first;
    const next = async (): Promise<string> => {
      do last = (await answers.next()).value as WatchEntriesResponseOutput;
      while (last.kind === 'NOTHING');
      return `${last.kind} ${last.entry?.id} ${last.entry?.hint}`;
    };
    return { first, next, answers, last: () => last, end: () => answers.return?.(undefined) };
  }

  it('tells where it begins, and then each change as it happens', async () => {
    const { first, next, last, end } = await watch();
    assert.equal(first.kind, 'NOTHING');
    assert.match(first.position, /^epoch-1\/\d+$/);
    await create(entry('a', { hint: '0' }));
    assert.equal(await next(), 'CREATED a 0');
    await hint('a', '1');
    assert.equal(await next(), 'UPDATED a 1');
    await remove('a');
    assert.equal(await next(), 'DELETED a 1');
    assert.deepEqual(last().entry?.spiffe_id, wireId('/a'));
    await end();
  });

  it('goes on from a position: what was missed comes first', async () => {
    const one = await watch();
    await create(entry('b'), entry('c'));
    assert.equal(await one.next(), 'CREATED b ');
    await one.end();
    await hint('c', '1');
    await remove('b');
    const again = await watch({ from: one.last().position });
    assert.deepEqual([await again.next(), await again.next()], ['CREATED b ', 'CREATED c ']);
    assert.deepEqual([await again.next(), await again.next()], ['UPDATED c 1', 'DELETED b ']);
    await again.end();
    const later = await watch({ from: again.last().position });
    await remove('c');
    assert.equal(await later.next(), 'DELETED c 1');
    await later.end();
  });

  it('tells what passes the filter alone: what comes to pass it is created, what no longer does deleted', async () => {
    const { next, end } = await watch({ filter: { by_hint: { value: 'x' } }, output_mask: { hint: true } });
    await create(entry('d'), entry('e', { hint: 'x' }));
    assert.equal(await next(), 'CREATED e x');
    await hint('d', 'x');
    assert.equal(await next(), 'CREATED d x');
    await hint('e', 'y');
    assert.equal(await next(), 'DELETED e x');
    await remove('d', 'e');
    assert.equal(await next(), 'DELETED d x');
    await end();
  });

  it('tells now and then where it is, where nothing passes the filter', async () => {
    const { first, answers, end } = await watch({ filter: { by_hint: { value: 'never' } } });
    await create(entry('f'));
    const telling = answers.next();
    await clock.advance(5_000);
    const { kind, position } = (await telling).value as WatchEntriesResponseOutput;
    assert.equal(kind, 'NOTHING');
    assert.notEqual(position, first.position);
    await end();
  });

  it('ends where what was missed is not known any more', async () => {
    const answers = server.admin.changes.serverStream('WatchEntries', { from: 'other/5' });
    await assert.rejects(Array.fromAsync(answers), {
      code: Code.aborted,
      message:
        'what came after position other/5 is not known any more: list the entries, and watch from now on',
    });
  });

  it('takes a position that is still to come for the head', async () => {
    const { first, next, end } = await watch({ from: 'epoch-1/999999' });
    assert.notEqual(first.position, 'epoch-1/999999');
    await create(entry('g'));
    assert.equal(await next(), 'CREATED g ');
    await end();
  });

  it('refuses what is no position, and a filter that is none', async () => {
    for (const request of [{ from: 'x' }, { filter: { by_spiffe_id: wireId('x') } }]) {
      const answers = server.admin.changes.serverStream('WatchEntries', request);
      await assert.rejects(Array.fromAsync(answers), { code: Code.invalidArgument });
    }
  });

  it('has a bound', async () => {
    const watches = await Promise.all(Array.from({ length: 32 }, () => watch()));
    await assert.rejects(watch(), { code: Code.resourceExhausted });
    for (const { end } of watches) await end();
    await clock.until(async () => {
      try {
        await (await watch()).end();
        return true;
      } catch {
        return false;
      }
    });
  });

  it('shows a registrar its scope alone, and ends when it may watch no more', async () => {
    server.takeRoles([team]);
    const { next, answers } = await watch();
    const store = datastore.entries;
    await store.create([]);
    await create(entry('team/a'));
    assert.equal(await next(), 'CREATED team.a ');
    server.takeRoles([]);
    await create(entry('bank'), entry('team/b'));
    assert.equal(await next(), 'CREATED team.b ');
    server.takeRoles([{ kind: 'operator', name: 'other', spiffeIds: [], unixUsers: [me] }]);
    const ending = assert.rejects(answers.next(), { code: Code.permissionDenied });
    await clock.advance(5_000);
    await ending;
    server.takeRoles([]);
  });
});
