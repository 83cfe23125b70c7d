import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SyncAuthorizedEntriesRequest } from '../../../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesRequest.ts';
import type { SyncAuthorizedEntriesResponseOutput } from '../../../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesResponse.ts';
import { Code, CodedError } from '../../../../shared/errors.ts';
import type { ServiceCallOptions as CallOptions } from '../../../../shared/rpc/client.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  type Joined,
  joinAgent,
  type RunningServer,
  startServer,
} from '../../../fakes/server-under-test.ts';
import { makeEntry } from '../../entries/make-entry.ts';

type Page = SyncAuthorizedEntriesResponseOutput;

describe('SyncAuthorizedEntries', () => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const { feed } = datastore.entries;
  const endings = new Endings();
  let server: RunningServer;
  let few: Joined;
  let many: Joined;
  before(async () => {
    server = await startServer(endings, { datastore, clock });
    few = await joinAgent(server);
    many = await joinAgent(server);
    put('b', few.id);
    put('a', few.id);
    put('below', 'spiffe://example.org/a');
    for (let i = 0; i < 1_100; i++) put(`m${String(i).padStart(4, '0')}`, many.id);
    feed.hint();
  });
  after(() => endings.end());

  const put = (name: string, parentId: string): void =>
    feed.put(
      name,
      makeEntry({ id: name, spiffeId: `spiffe://example.org/${name}`, parentId, hint: `hint of ${name}` }),
    );

  /** Sends each request when the answer to the one before is complete. */
  async function sync(
    { identity }: Joined,
    requests: readonly SyncAuthorizedEntriesRequest[],
    options: CallOptions = {},
  ): Promise<readonly Page[]> {
    const call = server.connect(identity).entry.bidi('SyncAuthorizedEntries', options);
    const pages: Page[] = [];
    for (const request of requests) {
      call.send(request);
      for (let more = true; more; ) {
        const next = await call.responses.next();
        assert.equal(next.done, false);
        const page: Page = next.value;
        pages.push(page);
        more = page.more;
      }
    }
    call.end();
    assert.equal((await call.responses.next()).done, true);
    return pages;
  }

  it('sends a small set whole, sorted, with those below workloads', async () => {
    const [page] = await sync(few, [{}]);
    assert.deepEqual(
      page?.entries.map(({ id, hint }) => [id, hint]),
      ['a', 'b', 'below'].map((name) => [name, `hint of ${name}`]),
    );
    assert.deepEqual(page?.entry_revisions, []);
  });

  it('sends revisions of a large set in pages, then the entries that are asked for', async () => {
    const [first, second, third, fourth, ...rest] = await sync(many, [
      {},
      { ids: ['m0007', 'm0003', 'a', 'none'] },
    ]);
    assert.deepEqual(
      [first, second, third].map((page) => [page?.entry_revisions.length, page?.more, page?.entries.length]),
      [
        [500, true, 0],
        [500, true, 0],
        [100, false, 0],
      ],
    );
    assert.deepEqual(first?.entry_revisions[0], {
      id: 'm0000',
      revision_number: '0',
      created_at: '1767225600',
    });
    assert.deepEqual(
      fourth?.entries.map(({ id }) => id),
      ['m0003', 'm0007'],
    );
    assert.deepEqual(rest, []);
  });

  it('answers a request of unknown ids with an empty last page', async () => {
    const pages = await sync(many, [{}, { ids: ['none'] }]);
    assert.deepEqual(pages.at(-1), { entry_revisions: [], entries: [], more: false });
  });

  it('shows what the mask of the first message names, in every answer', async () => {
    const mask = { output_mask: { revision_number: true, selectors: true } };
    const [page] = await sync(few, [mask]);
    assert.equal(page?.entries[0]?.hint, '');
    assert.equal(page?.entries[0]?.selectors.length, 1);
    assert.equal((await sync(many, [mask, { ids: ['m0001'] }])).at(-1)?.entries[0]?.hint, '');
  });

  it('refuses ids at the beginning, and a mask without revisions', async () => {
    for (const request of [{ ids: ['a'] }, { output_mask: {} }, { output_mask: { selectors: true } }]) {
      await assert.rejects(sync(few, [request]), { code: Code.invalidArgument });
    }
  });

  it('gives only to agents', async () => {
    for (const clients of [server.connect(), server.admin]) {
      const call = clients.entry.bidi('SyncAuthorizedEntries');
      await assert.rejects(call.responses.next(), {
        code: Code.permissionDenied,
        message: 'authorization denied for method /spire.api.server.entry.v1.Entry/SyncAuthorizedEntries',
      });
    }
  });

  it('names its position, and catches up with the one that the agent has seen', async () => {
    put('unhinted', few.id);
    const seen = `${feed.head.epoch}/${feed.head.n}`;
    let named: string | undefined;
    const [page] = await sync(few, [{}], {
      metadata: { 'writ-position': seen },
      onHeader: (get) => {
        named = get('writ-position');
      },
    });
    assert.ok(page?.entries.some(({ id }) => id === 'unhinted'));
    assert.equal(named, seen);
  });

  it('takes a position beyond the head, or of another history, for the head', async () => {
    for (const position of [`${feed.head.epoch}/999999`, 'another/1']) {
      const [page] = await sync(few, [{}], { metadata: { 'writ-position': position } });
      assert.ok((page?.entries.length ?? 0) >= 3);
    }
  });

  it('refuses a position that is none', async () => {
    for (const position of ['x', '/1', 'epoch/', 'epoch/-1', `${'x'.repeat(65)}/1`, 'epoch/1e3']) {
      await assert.rejects(sync(few, [{}], { metadata: { 'writ-position': position } }), {
        code: Code.invalidArgument,
      });
    }
  });

  it('answers Unavailable rather than an older world than the agent has seen', async () => {
    const seen = `${feed.head.epoch}/${feed.head.n + 1}`;
    feed.failure = new CodedError(Code.unavailable, 'away');
    const late = sync(few, [{}], { metadata: { 'writ-position': seen } });
    await assert.rejects(late, { code: Code.unavailable });
    feed.failure = undefined;
  });

  it('GetAuthorizedEntries refuses a set that no message holds, and gives what a mask leaves of it', async () => {
    const large = await joinAgent(server);
    for (let i = 0; i < 45; i++) {
      const id = `large${i}`;
      const spiffeId = `spiffe://example.org/${id}`;
      feed.put(id, makeEntry({ id, spiffeId, parentId: large.id, hint: 'x'.repeat(100_000) }));
    }
    feed.hint();
    const { entry } = server.connect(large.identity);
    await assert.rejects(entry.unary('GetAuthorizedEntries', {}), {
      code: Code.resourceExhausted,
      message: /larger than the 4194304 bytes of a message: ask by SyncAuthorizedEntries/,
    });
    assert.equal((await entry.unary('GetAuthorizedEntries', { output_mask: {} })).entries.length, 45);
  });

  it('GetAuthorizedEntries gives the same set, masked', async () => {
    const clients: Clients = server.connect(many.identity);
    const { entries } = await clients.entry.unary('GetAuthorizedEntries', { output_mask: { hint: true } });
    assert.equal(entries.length, 1_100);
    assert.equal(entries[0]?.spiffe_id, null);
  });

  it('a stream that is kept open too long ends', async () => {
    const call = server.connect(few.identity).entry.bidi('SyncAuthorizedEntries');
    call.send({});
    await call.responses.next();
    const ended = assert.rejects(call.responses.next(), { code: Code.deadlineExceeded });
    await clock.advance(300_000);
    await ended;
  });
});
