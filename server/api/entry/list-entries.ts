/** Entry/ListEntries: registration entries, filtered, in pages. */
import type { ListEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/ListEntriesRequest.ts';
import type { ListEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/ListEntriesResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { entryBytes } from '../../entries/entry-size.ts';
import type { EntryStore, PageRequest } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { readableBy } from '../gate/roles.ts';
import { entryFilterFromWire, entryWriter } from '../wire/entry.ts';
import { listPage } from '../wire/paging.ts';

export interface ListEntriesNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'list'>;
}

export const listEntries = ({ trustDomain, entries }: ListEntriesNeeds): Handler<CallContext> =>
  unary(async (request: ListEntriesRequestOutput, { limits }: CallContext): Promise<ListEntriesResponse> => {
    const filter = readableBy(limits, entryFilterFromWire(request.filter, trustDomain));
    const list = (page: PageRequest) => entries.list(filter, page);
    const { items, nextPageToken } = await listPage({ list, bytesOf: entryBytes }, request);
    return { entries: items.map(entryWriter(request.output_mask)), next_page_token: nextPageToken };
  });
