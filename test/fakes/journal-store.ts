/** CA journals in memory, as datastore/ca-journal keeps them: they outlive the server that a test restarts. */
import type { JournalRecord, JournalStore } from '../../server/ca/journal-store.ts';

export class FakeJournalStore implements JournalStore {
  /** Oldest save first. */
  #records: (JournalRecord & { readonly id: string })[] = [];
  #made = 0;

  async find(authorityIds: readonly string[]): Promise<readonly JournalRecord[]> {
    return this.#records.filter((record) => authorityIds.includes(record.activeAuthorityId)).toReversed();
  }

  async listLive(at: Date): Promise<readonly JournalRecord[]> {
    const live = this.#records.filter(({ expiresAt }) => expiresAt > at);
    return live.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  async save(record: JournalRecord): Promise<string> {
    const id = record.id ?? `${++this.#made}`;
    this.#records = [
      ...this.#records.filter((other) => other.id !== id),
      { ...record, id, content: record.content.slice() },
    ];
    return id;
  }

  async prune(expiredBefore: Date): Promise<number> {
    const kept = this.#records.filter((record) => record.expiresAt >= expiredBefore);
    const count = this.#records.length - kept.length;
    this.#records = kept;
    return count;
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }
}
