/** The entries of a fake server, and its side of SyncAuthorizedEntries. Used by server-api. */
import type { SyncAuthorizedEntriesRequestOutput } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesRequest.ts';
import type { Entry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Send } from '../../shared/rpc/handler.ts';
import { parseSelector } from '../../shared/selectors.ts';

export interface FakeEntry {
  readonly id: string;
  readonly path: string;
  readonly selectors: readonly string[];
  readonly hint?: string;
  readonly revisionNumber?: number;
  readonly createdAtSeconds?: number;
  readonly federatesWith?: readonly string[];
  readonly disablePrefetch?: boolean;
}

type WireEntry = Entry & { readonly id: string };

/** Sorted by id. */
export function wireEntries(entries: Iterable<FakeEntry>, trustDomain: string): WireEntry[] {
  return [...entries].map((entry) => wireEntry(entry, trustDomain)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function wireEntry(entry: FakeEntry, trustDomain: string): WireEntry {
  return {
    id: entry.id,
    spiffe_id: { trust_domain: trustDomain, path: entry.path },
    selectors: entry.selectors.map(parseSelector),
    hint: entry.hint ?? '',
    revision_number: String(entry.revisionNumber ?? 0),
    created_at: String(entry.createdAtSeconds ?? 1_700_000_000),
    federates_with: [...(entry.federatesWith ?? [])],
    ...(entry.disablePrefetch === true
      ? { additional_attributes: { disable_x509_svid_prefetch: true } }
      : {}),
  };
}

interface Answers {
  readonly all: readonly WireEntry[];
  readonly pageSize: number;
  readonly onFull: (ids: readonly string[]) => void;
}

export async function syncEntries(
  requests: AsyncIterable<SyncAuthorizedEntriesRequestOutput>,
  send: Send<object>,
  { all, pageSize, onFull }: Answers,
): Promise<void> {
  const sendFull = (entries: readonly WireEntry[]): Promise<void> => {
    onFull(entries.map(({ id }) => id));
    return send({ entries, more: false });
  };
  let isFirst = true;
  for await (const { ids } of requests) {
    if (!isFirst) await sendFull(all.filter(({ id }) => ids.includes(id)));
    else if (all.length <= pageSize) await sendFull(all);
    else await sendRevisions(all, pageSize, send);
    isFirst = false;
  }
}

async function sendRevisions(all: readonly WireEntry[], pageSize: number, send: Send<object>): Promise<void> {
  for (let at = 0; at < all.length; at += pageSize) {
    const revisions = all
      .slice(at, at + pageSize)
      .map(({ id, revision_number, created_at }) => ({ id, revision_number, created_at }));
    await send({ entry_revisions: revisions, more: at + pageSize < all.length });
  }
}
