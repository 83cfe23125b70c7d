/** Entry/ListEntries: registration entries, filtered, in pages. */
import type { ListEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/ListEntriesRequest.ts';
import type { ListEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/ListEntriesResponse.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Entry } from '../../entries/entry.ts';
import type { EntryStore } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { readableBy } from '../gate/roles.ts';
import { entryFilterFromWire, entryWriter } from '../wire/entry.ts';
import { listAnswer } from '../wire/paging.ts';

export interface ListEntriesNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'list'>;
}

export const listEntries = ({ trustDomain, entries }: ListEntriesNeeds): Handler<CallContext> => {
  const encode = answerEncoder<ListEntriesResponse>('spire.api.server.entry.v1.Entry', 'ListEntries');
  return unary(async (request: ListEntriesRequestOutput, { limits, call }: CallContext) => {
    const filter = readableBy(limits, entryFilterFromWire(request.filter, trustDomain));
    const write = entryWriter(request.output_mask);
    return listAnswer(
      {
        list: (page, show) => entries.list(filter, page, show),
        part: (entry: Entry) => encode({ entries: [write(entry)] }),
        tokenPart: (next_page_token) => encode({ next_page_token }),
      },
      request,
      call,
    );
  });
};
