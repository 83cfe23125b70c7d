/** Entry/CountEntries: how many registration entries pass a filter. */
import type { CountEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/CountEntriesRequest.ts';
import type { CountEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/CountEntriesResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { EntryStore } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { readableBy } from '../gate/roles.ts';
import { entryFilterFromWire } from '../wire/entry.ts';

export interface CountEntriesNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'count'>;
}

export const countEntries = ({ trustDomain, entries }: CountEntriesNeeds): Handler<CallContext> =>
  unary(
    async (
      { filter }: CountEntriesRequestOutput,
      { limits }: CallContext,
    ): Promise<CountEntriesResponse> => ({
      count: await entries.count(readableBy(limits, entryFilterFromWire(filter, trustDomain))),
    }),
  );
