/**
 * This server's journal: one record for all kinds of authority, written whole at every step of any of them, found again
 * by the X.509 authority that it signs with. Kept by ca/local-authorities, written by ca/rotating-authorities.
 */
import { internal } from '../../shared/errors.ts';
import { keyIdentifier } from './x509-kind.ts';
import type { Authorities, Authority } from './authorities.ts';
import type { AuthorityKind } from './authority-kind.ts';
import { EMPTY_JOURNAL, encodeJournal, type JournalContent, parseJournal } from './journal.ts';
import { hasKeyMadeHere } from './journal-keys.ts';
import type { JournalStore } from './journal-store.ts';

export class ServerJournal {
  readonly #store: JournalStore;
  #id: string | undefined;
  #content = EMPTY_JOURNAL;
  #activeAuthorityId: string | undefined;
  /** By the kind's name, the latest end of its authorities. */
  #ends: ReadonlyMap<string, Date> = new Map();

  constructor(store: JournalStore) {
    this.#store = store;
  }

  /** Undefined until it is saved for the first time. */
  get id(): string | undefined {
    return this.#id;
  }

  get content(): JournalContent {
    return this.#content;
  }

  /**
   * Takes up the journal of the server that holds these keys. Another server's may be about one that was imported there,
   * and here before a crash: what this server made itself tells them apart. Throws Internal when it cannot be read.
   */
  async open(x509AuthorityIds: readonly string[], publicKeys: readonly Uint8Array[]): Promise<void> {
    const found = x509AuthorityIds.length === 0 ? [] : await this.#store.find(x509AuthorityIds);
    const record = found.find((one) => hasKeyMadeHere(one, publicKeys)) ?? found[0];
    if (record === undefined) return;
    this.#content = parseJournal(record.content);
    this.#id = record.id;
    this.#activeAuthorityId = record.activeAuthorityId;
    this.#ends = new Map([['', record.expiresAt]]);
  }

  /** Keeps these authorities in place of those of their kind. Nothing changed when it throws, as far as is known. */
  async save<A extends Authority>(kind: AuthorityKind<A>, authorities: Authorities<A>): Promise<void> {
    const content = kind.journalWith(this.#content, authorities);
    const { active, prepared } = authorities;
    const finder = kind.name === 'X.509' ? keyIdOf(active ?? prepared) : this.#activeAuthorityId;
    if (finder === undefined) throw internal('a journal needs an active or a prepared X.509 authority');
    const ends = new Map(this.#ends).set(kind.name, latestEnd(authorities));
    const expiresAt = new Date(Math.max(...[...ends.values()].map((end) => end.getTime())));
    const record = { id: this.#id, activeAuthorityId: finder, content: encodeJournal(content), expiresAt };
    this.#id = await this.#store.save(record);
    this.#content = content;
    this.#activeAuthorityId = finder;
    this.#ends = ends;
  }
}

/** Of the key, since a restarted server has nothing else: a CA certificate of somebody else's may name it otherwise. */
const keyIdOf = (authority: Authority | undefined): string | undefined =>
  authority === undefined ? undefined : keyIdentifier(authority.signer);

const latestEnd = ({ all }: Authorities<Authority>): Date =>
  new Date(Math.max(0, ...all.map((one) => one.expiresAt.getTime())));
