/** Entry/GetAuthorizedEntries: all entries of the calling agent at once. */
import type { GetAuthorizedEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/GetAuthorizedEntriesRequest.ts';
import type { GetAuthorizedEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/GetAuthorizedEntriesResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import { catchUpWith, type IndexRefresh, namePosition } from '../sync/position.ts';
import { entryWriter } from '../wire/entry.ts';

export interface GetAuthorizedEntriesNeeds {
  readonly index: Pick<AuthorizedEntries, 'entriesOf'>;
  readonly refresh: IndexRefresh;
}

export const getAuthorizedEntries = ({ index, refresh }: GetAuthorizedEntriesNeeds): Handler<CallContext> =>
  unary(
    async (
      request: GetAuthorizedEntriesRequestOutput,
      context: CallContext,
    ): Promise<GetAuthorizedEntriesResponse> => {
      await catchUpWith(context, refresh);
      namePosition(context, refresh);
      return { entries: index.entriesOf(actingAgent(context).node).map(entryWriter(request.output_mask)) };
    },
  );
