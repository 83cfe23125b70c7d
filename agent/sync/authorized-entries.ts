/**
 * The entries that this agent is authorized for, kept from round to round so that only those that changed are fetched
 * (SPIRE: SyncAuthorizedEntries). Called by sync.
 */
import { type AgentEntry, type EntryVersion, isSameVersion } from '../cache/agent-entry.ts';
import { isSameEntry } from '../cache/kept-entry.ts';
import type { Position, Positions } from './position.ts';

export interface EntryRevision extends EntryVersion {
  readonly id: string;
}

export type EntriesAnswer =
  | {
      readonly kind: 'full';
      readonly entries: readonly AgentEntry[];
      readonly position: Position | undefined;
    }
  | {
      readonly kind: 'delta';
      /** Everything that is authorized. */
      readonly revisions: readonly EntryRevision[];
      /** Those that were asked for and still exist. */
      readonly entries: readonly AgentEntry[];
      readonly position: Position | undefined;
    };

/** Names those of the revisions, which are of this position, that are to be fetched. */
export type FindStale = (
  revisions: readonly EntryRevision[],
  position: Position | undefined,
) => readonly string[];

/** Implemented by server-link/entry-client. Entries that cannot be read are left out there, and logged. */
export interface EntrySource {
  /** GetAuthorizedEntries. */
  getAuthorizedEntries(signal: AbortSignal): Promise<EntriesAnswer>;
  /** SyncAuthorizedEntries. */
  syncAuthorizedEntries(findStale: FindStale, signal: AbortSignal): Promise<EntriesAnswer>;
}

export interface AuthorizedEntriesParts {
  readonly source: EntrySource;
  readonly positions: Positions;
  /** Configuration: use_sync_authorized_entries. */
  readonly useSync: boolean;
}

export class AuthorizedEntries {
  readonly #parts: AuthorizedEntriesParts;
  #known: ReadonlyMap<string, AgentEntry> = new Map();
  /** Of the known ones. In another epoch the same revision of an entry may be another entry: a failover lost changes. */
  #epoch: string | undefined;
  /** Of an earlier run, until the first answer: each is fetched again all the same. */
  #adopted: Adopted | undefined;

  constructor(parts: AuthorizedEntriesParts) {
    this.#parts = parts;
  }

  /** What an earlier run knew: an entry that the first answer brings just so is that same object. */
  adopt(entries: readonly AgentEntry[], epoch: string | undefined): void {
    this.#adopted = { byId: new Map(entries.map((entry) => [entry.id, entry])), epoch };
  }

  /** The whole set; entries that did not change are the same objects as before, others are not. Rejects on an answer that is too old. */
  async fetch(signal: AbortSignal): Promise<readonly AgentEntry[]> {
    const { source, positions, useSync } = this.#parts;
    const answer = await (useSync
      ? source.syncAuthorizedEntries((...of) => this.#findStale(...of), signal)
      : source.getAuthorizedEntries(signal));
    positions.advance(answer.position);
    if (answer.position?.epoch !== this.#epoch) this.#known = new Map();
    this.#epoch = answer.position?.epoch;
    const entries = answer.kind === 'full' ? answer.entries : this.#merge(answer);
    this.#known = new Map(entries.map((entry) => [entry.id, this.#sameOrNew(entry)]));
    this.#adopted = undefined;
    return [...this.#known.values()];
  }

  #findStale(revisions: readonly EntryRevision[], position: Position | undefined): readonly string[] {
    const isComparable = position?.epoch === this.#epoch;
    const stale = revisions.filter((one) => !isComparable || this.#findFresh(one) === undefined);
    return stale.map(({ id }) => id);
  }

  #findFresh(revision: EntryRevision): AgentEntry | undefined {
    const known = this.#known.get(revision.id);
    return known !== undefined && isSameVersion(known, revision) ? known : undefined;
  }

  #merge({ revisions, entries }: Extract<EntriesAnswer, { kind: 'delta' }>): readonly AgentEntry[] {
    const fetched = new Map(entries.map((entry) => [entry.id, entry]));
    return revisions.flatMap((revision) => fetched.get(revision.id) ?? this.#findFresh(revision) ?? []);
  }

  /** An update always raises the revision, so that the same one is the same entry. */
  #sameOrNew(entry: AgentEntry): AgentEntry {
    return this.#findFresh(entry) ?? this.#findAdopted(entry) ?? entry;
  }

  /** What an agent is not told of an entry shows in its revision, which means something within an epoch alone. */
  #findAdopted(entry: AgentEntry): AgentEntry | undefined {
    if (this.#adopted === undefined || this.#adopted.epoch !== this.#epoch) return undefined;
    const adopted = this.#adopted.byId.get(entry.id);
    return adopted !== undefined && isSameEntry(adopted, entry) ? adopted : undefined;
  }
}

interface Adopted {
  readonly byId: ReadonlyMap<string, AgentEntry>;
  readonly epoch: string | undefined;
}
