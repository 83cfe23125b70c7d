/**
 * The server's side of SyncAuthorizedEntries (SPIRE): a small set goes out whole, of a large one first only ids and
 * revisions, and then the full entries that the agent asks for. Pure; called by api/entry/sync-authorized-entries.
 */
import type { Entry } from './entry.ts';
import { entryBytes } from './entry-size.ts';

const SYNC_PAGE_SIZE = 500; // SPIRE: entry page size
const PAGE_MAX_BYTES = 3 * 1_024 * 1_024; // below gRPC's 4 MiB, which SPIRE agents do not raise

/** `more`: another page of the same answer follows. */
export type SyncPage =
  | { readonly kind: 'entries'; readonly entries: readonly Entry[]; readonly more: boolean }
  /** Of each, the agent compares id, revision number and creation time. */
  | { readonly kind: 'revisions'; readonly revisions: readonly Entry[]; readonly more: boolean };

/**
 * The answer to the first message. At least one page.
 *
 * DIVERGES: SPIRE goes by the count alone, and a small set of large entries does not fit its message. Here such a set goes
 * out by revisions, too.
 */
export function firstPages(authorized: readonly Entry[]): readonly SyncPage[] {
  const sorted = sortById(authorized);
  if (sorted.length <= SYNC_PAGE_SIZE && fitsOnePage(sorted))
    return [{ kind: 'entries', entries: sorted, more: false }];
  const pages = Array.from({ length: Math.ceil(sorted.length / SYNC_PAGE_SIZE) }, (_, at) =>
    sorted.slice(at * SYNC_PAGE_SIZE, (at + 1) * SYNC_PAGE_SIZE),
  );
  return pages.map((revisions, at) => ({ kind: 'revisions', revisions, more: at < pages.length - 1 }));
}

/** The answer to a message with ids: the authorized ones among them, in full. At least one page, maybe an empty one. */
export function requestedPages(
  findAuthorized: (id: string) => Entry | undefined,
  ids: readonly string[],
): readonly SyncPage[] {
  const entries = sortById([...new Set(ids)].flatMap((id) => findAuthorized(id) ?? []));
  const pages = cutIntoPages(entries);
  return pages.map((page, at) => ({ kind: 'entries', entries: page, more: at < pages.length - 1 }));
}

const sortById = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

function cutIntoPages(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const pages: Entry[][] = [];
  let page: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entryBytes(entry);
    if (page.length > 0 && (page.length === SYNC_PAGE_SIZE || bytes + size > PAGE_MAX_BYTES)) {
      pages.push(page);
      page = [];
      bytes = 0;
    }
    page.push(entry);
    bytes += size;
  }
  pages.push(page);
  return pages;
}

const fitsOnePage = (entries: readonly Entry[]): boolean =>
  entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0) <= PAGE_MAX_BYTES;
