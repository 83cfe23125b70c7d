/** Attested nodes in memory, written through a fake change feed. */
import type { Node, NodeCertificate } from '../../server/nodes/node.ts';
import type { AttestOutcome, NodeFilter, NodeStore } from '../../server/nodes/node-store.ts';
import type { Page, PageRequest, Show } from '../../server/entries/entry-store.ts';
import { normalizeSelectors, selectorKey } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { FakeChangeFeed } from './change-feed.ts';
import type { FakeEntryStore } from './entry-store.ts';
import type { FakeJoinTokenStore } from './join-token-store.ts';
import type { FakeRow } from './paging.ts';
import { pageOf } from './paging.ts';
import { checkSet } from './set-match.ts';
import { setsMatch } from '../../server/entries/passes-filter.ts';

export interface FakeNodeStoreParts {
  readonly feed?: FakeChangeFeed<Node>;
  /** Where join tokens are used up; without it every token is gone. */
  readonly joinTokens?: FakeJoinTokenStore;
  /** Where the entries of evicted join tokens are. */
  readonly entries?: FakeEntryStore;
}

export class FakeNodeStore implements NodeStore {
  readonly feed: FakeChangeFeed<Node>;
  readonly #joinTokens: FakeJoinTokenStore | undefined;
  readonly #entries: FakeEntryStore | undefined;
  readonly #rowIds = new Map<string, number>();
  #lastRowId = 0;
  /** Every call fails with this while it is set. */
  failure: Error | undefined;
  /** Rows read by `find`. */
  finds = 0;

  constructor({ feed = new FakeChangeFeed(), joinTokens, entries }: FakeNodeStoreParts = {}) {
    this.feed = feed;
    this.#joinTokens = joinTokens;
    this.#entries = entries;
  }

  async attest(node: Node, joinToken: string | undefined, mustBeNew = false): Promise<AttestOutcome> {
    await this.#reach();
    if (joinToken !== undefined && this.#joinTokens?.has(joinToken) !== true) return 'token-gone';
    const known = this.feed.items.get(node.id.toString());
    if (known !== undefined && mustBeNew) return 'known';
    if (known !== undefined && known.current === undefined) return 'banned';
    if (known !== undefined && known.attestationType !== node.attestationType) return 'of-another';
    if (joinToken !== undefined) this.#joinTokens?.use(joinToken);
    this.#put({ ...node, selectors: normalizeSelectors(node.selectors), pending: undefined });
    return 'stored';
  }

  async find(id: SpiffeId): Promise<Node | undefined> {
    this.finds += 1;
    await this.#reach();
    return this.feed.items.get(id.toString());
  }

  async setPending(id: SpiffeId, pending: NodeCertificate): Promise<boolean> {
    return this.#change(id, (node) => (node.current === undefined ? undefined : { ...node, pending }));
  }

  async activatePending(id: SpiffeId, serialNumber: string): Promise<boolean> {
    return this.#change(id, (node) => {
      if (node.current?.serialNumber === serialNumber) return node;
      if (node.pending?.serialNumber !== serialNumber) return undefined;
      return { ...node, current: node.pending, pending: undefined };
    });
  }

  async setAgentVersion(id: SpiffeId, agentVersion: string): Promise<void> {
    await this.#change(id, (node) => ({ ...node, agentVersion }));
  }

  async list<Shown>(filter: NodeFilter, page: PageRequest, show: Show<Node, Shown>): Promise<Page<Shown>> {
    await this.#reach();
    return pageOf(this.#rows(filter), page, show);
  }

  async count(filter: NodeFilter): Promise<number> {
    await this.#reach();
    return this.#rows(filter).length;
  }

  async remove(id: SpiffeId, how: 'ban' | 'evict'): Promise<boolean> {
    if (how === 'ban') return this.#change(id, (node) => ({ ...node, ...banned(node), pending: undefined }));
    await this.#reach();
    const node = this.feed.items.get(id.toString());
    if (node === undefined) return false;
    this.feed.delete(id.toString());
    if (node.attestationType === 'join_token') await this.deleteAliases(id);
    this.feed.hint();
    return true;
  }

  /** The entry that was made with this agent's join token. */
  async deleteAliases(id: SpiffeId): Promise<void> {
    await this.#entries?.delete(this.#aliasesOf(id));
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
  }

  /** False where there is no such node or `change` gives none. */
  async #change(id: SpiffeId, change: (node: Node) => Node | undefined): Promise<boolean> {
    await this.#reach();
    const known = this.feed.items.get(id.toString());
    const changed = known === undefined ? undefined : change(known);
    if (changed !== undefined && changed !== known) this.#put(changed);
    return changed !== undefined;
  }

  #put(node: Node): void {
    const id = node.id.toString();
    if (!this.feed.items.has(id)) {
      this.#lastRowId += 1;
      this.#rowIds.set(id, this.#lastRowId);
    }
    this.feed.put(id, node);
    this.feed.hint();
  }

  /** What a join token's own SPIFFE ID is given by (SPIRE: CreateJoinToken). */
  #aliasesOf(id: SpiffeId): readonly string[] {
    return [...(this.#entries?.feed.items.values() ?? [])]
      .filter(
        (entry) => entry.parentId.equals(id) && entry.selectors.map(selectorKey).join() === `spiffe_id:${id}`,
      )
      .map((entry) => entry.id);
  }

  #rows(filter: NodeFilter): readonly FakeRow<Node>[] {
    checkSet(filter.bySelectors?.selectors);
    return [...this.feed.items.values()]
      .filter((node) => passes(node, filter))
      .map((item) => ({ rowId: this.#rowIds.get(item.id.toString()) ?? 0, item }))
      .sort((a, b) => a.rowId - b.rowId);
  }
}

function passes(node: Node, filter: NodeFilter): boolean {
  const { bySelectors } = filter;
  return (
    (filter.byAttestationType === undefined || filter.byAttestationType === node.attestationType) &&
    (bySelectors === undefined ||
      setsMatch(
        node.selectors.map(selectorKey),
        bySelectors.selectors.map(selectorKey),
        bySelectors.match,
      )) &&
    (filter.byBanned === undefined || filter.byBanned === (node.current === undefined)) &&
    (filter.byCanReattest === undefined || filter.byCanReattest === node.canReattest) &&
    (filter.byExpiresBefore === undefined || isBefore(node, filter.byExpiresBefore))
  );
}

function isBefore({ current, bannedExpiresAt }: Node, at: Date): boolean {
  const expiresAt = current?.expiresAt ?? bannedExpiresAt;
  return expiresAt !== undefined && expiresAt < at;
}

function banned({ current, bannedExpiresAt }: Node): Partial<Node> {
  const expiresAt = current?.expiresAt ?? bannedExpiresAt;
  return { current: undefined, ...(expiresAt === undefined ? {} : { bannedExpiresAt: expiresAt }) };
}
