/** Every entry that passes a filter, page by page. Used by `entry show`, `export` and `apply`. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryFilter } from '../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { listPages } from './list-pages.ts';

const PAGE_SIZE = 500; // SPIRE's CLI

export const listEntries = (
  client: Pick<Rpcs<EntryDefinition>, 'unary'>,
  filter: EntryFilter | null,
): Promise<EntryOutput[]> =>
  listPages(async (pageToken) => {
    const request = { filter, page_size: PAGE_SIZE, page_token: pageToken };
    const { entries, next_page_token } = await client.unary('ListEntries', request);
    return { items: entries, next: next_page_token };
  });
