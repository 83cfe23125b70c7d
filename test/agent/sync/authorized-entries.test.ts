import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import {
  AuthorizedEntries,
  type EntriesAnswer,
  type EntrySource,
} from '../../../agent/sync/authorized-entries.ts';
import { Positions } from '../../../agent/sync/position.ts';
import { makeAgentEntry } from '../cache/make-agent-entry.ts';

const never = new AbortController().signal;

/** A server with more entries than fit a page. */
class Source implements EntrySource {
  readonly entries = new Map<string, AgentEntry>();
  asked: readonly string[] = [];
  n = 1;
  epoch = 'e';
  /** Gone between the revisions and the request. */
  vanished = new Set<string>();

  async getAuthorizedEntries(): Promise<EntriesAnswer> {
    return { kind: 'full', entries: [...this.entries.values()], position: undefined };
  }

  async syncAuthorizedEntries(
    findStale: Parameters<EntrySource['syncAuthorizedEntries']>[0],
  ): Promise<EntriesAnswer> {
    const revisions = [...this.entries.values()];
    const position = { epoch: this.epoch, n: this.n };
    this.asked = findStale(revisions, position);
    const entries = this.asked.flatMap((id) => (this.vanished.has(id) ? [] : (this.entries.get(id) ?? [])));
    return {
      kind: 'delta',
      revisions,
      entries: entries.map((entry) => ({ ...entry })),
      position,
    };
  }
}

describe('the authorized entries', () => {
  it('asks for what is new or changed only, and gives the rest as the same objects', async () => {
    const source = new Source();
    const authorized = new AuthorizedEntries({ source, positions: new Positions(), useSync: true });
    for (const id of ['a', 'b', 'c', 'd']) source.entries.set(id, makeAgentEntry({ id }));
    const first = await authorized.fetch(never);
    assert.deepEqual(source.asked, ['a', 'b', 'c', 'd']);

    source.entries.set('b', makeAgentEntry({ id: 'b', revisionNumber: 1 }));
    source.entries.set('d', makeAgentEntry({ id: 'd', createdAt: new Date('2026-01-01T12:00:00Z') }));
    source.entries.delete('c');
    source.entries.set('e', makeAgentEntry({ id: 'e' }));
    const second = await authorized.fetch(never);
    assert.deepEqual(source.asked, ['b', 'd', 'e']);
    assert.deepEqual(
      second.map(({ id }) => id),
      ['a', 'b', 'd', 'e'],
    );
    assert.equal(second[0], first[0]);
    assert.equal(second[1]?.revisionNumber, 1);

    await authorized.fetch(never);
    assert.deepEqual(source.asked, []);
  });

  it('leaves out an entry that vanished between the list and the request', async () => {
    const source = new Source();
    const authorized = new AuthorizedEntries({ source, positions: new Positions(), useSync: true });
    source.entries.set('a', makeAgentEntry({ id: 'a' }));
    await authorized.fetch(never);
    source.entries.set('a', makeAgentEntry({ id: 'a', revisionNumber: 1 }));
    source.vanished.add('a');
    assert.deepEqual(await authorized.fetch(never), []);
  });

  it('keeps what it knows when an answer is older than that', async () => {
    const source = new Source();
    source.n = 7;
    const authorized = new AuthorizedEntries({ source, positions: new Positions(), useSync: true });
    source.entries.set('a', makeAgentEntry({ id: 'a' }));
    const [first] = await authorized.fetch(never);
    source.n = 6;
    source.entries.set('a', makeAgentEntry({ id: 'a', revisionNumber: 9 }));
    await assert.rejects(authorized.fetch(never), /older than change 7/);
    source.n = 8;
    source.entries.set('a', makeAgentEntry({ id: 'a' }));
    assert.equal((await authorized.fetch(never))[0], first);
    assert.deepEqual(source.asked, []);
  });

  it('compares no revisions with those of another epoch, in which they may be of other entries', async () => {
    const source = new Source();
    const authorized = new AuthorizedEntries({ source, positions: new Positions(), useSync: true });
    source.entries.set('a', makeAgentEntry({ id: 'a', revisionNumber: 1, hint: 'lost' }));
    await authorized.fetch(never);
    source.epoch = 'after a failover';
    source.entries.set('a', makeAgentEntry({ id: 'a', revisionNumber: 1, hint: 'kept' }));
    const [entry] = await authorized.fetch(never);
    assert.equal(entry?.hint, 'kept');
    assert.equal((await authorized.fetch(never))[0], entry);
    assert.deepEqual(source.asked, []);
  });
});
