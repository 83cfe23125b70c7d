/** Join tokens in memory; the entry that comes with a token goes into the fake entry store. */
import type { NewEntry } from '../../server/entries/entry.ts';
import type { JoinToken, JoinTokenStore } from '../../server/nodes/join-token-store.ts';
import type { FakeEntryStore } from './entry-store.ts';

export class FakeJoinTokenStore implements JoinTokenStore {
  readonly #entries: FakeEntryStore | undefined;
  readonly #tokens = new Map<string, JoinToken>();
  /** Token -> id of the entry that was created with it; outlives the token. */
  readonly #aliases = new Map<string, string>();

  constructor(entries?: FakeEntryStore) {
    this.#entries = entries;
  }

  async create(token: JoinToken, alias: NewEntry | undefined): Promise<boolean> {
    if (this.#tokens.has(token.value)) return false;
    this.#tokens.set(token.value, token);
    const [outcome] = alias === undefined ? [] : ((await this.#entries?.create([alias])) ?? []);
    if (outcome?.kind === 'created') this.#aliases.set(token.value, outcome.entry.id);
    return true;
  }

  async find(value: string): Promise<JoinToken | undefined> {
    return this.#tokens.get(value);
  }

  async delete(value: string): Promise<void> {
    this.#tokens.delete(value);
  }

  /** The token's agent was evicted: its entry goes with it. */
  async dropAlias(value: string): Promise<void> {
    const id = this.#aliases.get(value);
    if (id !== undefined) await this.#entries?.delete([id]);
    this.#aliases.delete(value);
  }
}
