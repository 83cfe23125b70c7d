/** The server's Entry API: the entries that this agent is authorized for. Called by sync/authorized-entries. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryRevisionOutput } from '../../proto/gen/spire/api/server/entry/v1/EntryRevision.ts';
import type { SyncAuthorizedEntriesRequest } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesRequest.ts';
import type { SyncAuthorizedEntriesResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesResponse.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { BidiCall, ServiceClient } from '../../shared/rpc/client.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { EntriesAnswer, EntryRevision, EntrySource, FindStale } from '../sync/authorized-entries.ts';
import type { Position, Positions } from '../sync/position.ts';
import type { ServerConnection } from './connection.ts';
import { positionMetadata, readPosition } from './position-header.ts';
import { readEntry } from './wire.ts';

export interface EntryClientParts {
  readonly connection: ServerConnection;
  readonly positions: Positions;
  readonly trustDomain: TrustDomain;
  readonly log: Logger;
}

const SERVICE = 'spire.api.server.entry.v1.Entry';
const SYNC_TIMEOUT_MS = 120_000; // a million revisions come in 2,000 pages
const ENTRIES_MAX = 1_000_000;

/** What SPIRE agents ask for; the server refuses a mask without the revision. */
const OUTPUT_MASK = {
  spiffe_id: true,
  selectors: true,
  federates_with: true,
  admin: true,
  downstream: true,
  revision_number: true,
  store_svid: true,
  hint: true,
  created_at: true,
  additional_attributes: true,
};

type SyncCall = BidiCall<SyncAuthorizedEntriesRequest, SyncAuthorizedEntriesResponseOutput>;

export class EntryClient implements EntrySource {
  readonly #parts: EntryClientParts;

  constructor(parts: EntryClientParts) {
    this.#parts = parts;
  }

  async getAuthorizedEntries(signal: AbortSignal): Promise<EntriesAnswer> {
    let position: Position | undefined;
    const options = { ...this.#options((seen) => (position = seen)), signal };
    const entries = await this.#parts.connection.call(
      SERVICE,
      async (client: ServiceClient<EntryDefinition>) => {
        const response = await client.unary('GetAuthorizedEntries', { output_mask: OUTPUT_MASK }, options);
        return this.#readAll(response.entries);
      },
    );
    return { kind: 'full', entries, position };
  }

  async syncAuthorizedEntries(findStale: FindStale, signal: AbortSignal): Promise<EntriesAnswer> {
    let position: Position | undefined;
    const options = { ...this.#options((seen) => (position = seen)), signal, timeoutMs: SYNC_TIMEOUT_MS };
    const answer = await this.#parts.connection.call(SERVICE, (client: ServiceClient<EntryDefinition>) => {
      const call = client.bidi('SyncAuthorizedEntries', options);
      const find = (revisions: readonly EntryRevision[]): readonly string[] => findStale(revisions, position);
      return this.#sync(call, find).finally(() => call.cancel());
    });
    return { ...answer, position };
  }

  #options(onPosition: (position: Position | undefined) => void) {
    return {
      metadata: positionMetadata(this.#parts.positions),
      onHeader: (get: (key: string) => string | undefined) => onPosition(readPosition(get)),
    };
  }

  /** SPIRE's exchange: a small set comes whole; of a large one the revisions, after which we ask for what is stale. */
  async #sync(
    call: SyncCall,
    findStale: (revisions: readonly EntryRevision[]) => readonly string[],
  ): Promise<
    | { readonly kind: 'full'; readonly entries: readonly AgentEntry[] }
    | {
        readonly kind: 'delta';
        readonly revisions: readonly EntryRevision[];
        readonly entries: readonly AgentEntry[];
      }
  > {
    call.send({ output_mask: OUTPUT_MASK });
    const first = await nextPage(call);
    if (first.entry_revisions.length === 0) {
      const pages = [first, ...(first.more ? await readPages(call) : [])];
      call.end();
      return { kind: 'full', entries: this.#readAll(pages.flatMap(({ entries }) => entries)) };
    }
    const pages = [first, ...(first.more ? await readPages(call) : [])];
    const revisions = pages.flatMap((page) => page.entry_revisions.map(readRevision));
    const stale = [...findStale(revisions)].sort();
    const entries = await this.#fetch(call, stale, first.entry_revisions.length);
    call.end();
    return { kind: 'delta', revisions, entries };
  }

  /** As many at a time as the server put on its own page, one request after the other. */
  async #fetch(call: SyncCall, ids: readonly string[], pageSize: number): Promise<readonly AgentEntry[]> {
    const entries: AgentEntry[] = [];
    for (let at = 0; at < ids.length; at += pageSize) {
      call.send({ ids: ids.slice(at, at + pageSize) });
      for (const page of await readPages(call)) entries.push(...this.#readAll(page.entries));
    }
    return entries;
  }

  /** An entry that cannot be read is left out: it must not spoil the rest. */
  #readAll(wire: readonly EntryOutput[]): readonly AgentEntry[] {
    const { trustDomain, log } = this.#parts;
    return wire.flatMap((entry) => {
      try {
        return readEntry(entry, trustDomain);
      } catch (error) {
        log.warn('entry cannot be used', { entryId: entry.id, error: messageOf(error) });
        return [];
      }
    });
  }
}

async function nextPage(call: SyncCall): Promise<SyncAuthorizedEntriesResponseOutput> {
  const next: IteratorResult<SyncAuthorizedEntriesResponseOutput, unknown> = await call.responses.next();
  if (next.done === true) throw internal('server ended the exchange of entries early');
  return next.value;
}

/** Up to and with the page after which no more follows. */
async function readPages(call: SyncCall): Promise<readonly SyncAuthorizedEntriesResponseOutput[]> {
  const pages: SyncAuthorizedEntriesResponseOutput[] = [];
  let count = 0;
  for (let more = true; more; ) {
    const page = await nextPage(call);
    count += page.entries.length + page.entry_revisions.length;
    if (count > ENTRIES_MAX) throw internal(`server sent more than ${ENTRIES_MAX} entries`);
    pages.push(page);
    more = page.more;
  }
  return pages;
}

const readRevision = (wire: EntryRevisionOutput): EntryRevision => ({
  id: wire.id,
  revisionNumber: Number(wire.revision_number),
  createdAt: fromUnixSeconds(Number(wire.created_at)),
});
