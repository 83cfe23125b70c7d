/** Join tokens in memory; the entry that comes with a token goes into the fake entry store. */
import type { NewEntry } from '../../server/entries/entry.ts';
import type { JoinToken, JoinTokenStore } from '../../server/nodes/join-token-store.ts';
import type { FakeEntryStore } from './entry-store.ts';

export class FakeJoinTokenStore implements JoinTokenStore {
  readonly #entries: FakeEntryStore | undefined;
  readonly #tokens = new Map<string, JoinToken>();

  constructor(entries?: FakeEntryStore) {
    this.#entries = entries;
  }

  async create(token: JoinToken, alias: NewEntry | undefined): Promise<boolean> {
    if (this.#tokens.has(token.value)) return false;
    this.#tokens.set(token.value, token);
    if (alias !== undefined) await this.#entries?.create([alias]);
    return true;
  }

  async find(value: string): Promise<JoinToken | undefined> {
    return this.#tokens.get(value);
  }

  async delete(value: string): Promise<void> {
    this.#tokens.delete(value);
  }

  /** Uses the token up; false if it is gone. */
  use(value: string): boolean {
    return this.#tokens.delete(value);
  }

  expiredBefore(at: Date): readonly JoinToken[] {
    return [...this.#tokens.values()].filter(({ expiresAt }) => expiresAt < at);
  }

  has(value: string): boolean {
    return this.#tokens.has(value);
  }
}
