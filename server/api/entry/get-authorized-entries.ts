/** Entry/GetAuthorizedEntries: all entries of the calling agent at once. */
import type { GetAuthorizedEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/GetAuthorizedEntriesRequest.ts';
import type { GetAuthorizedEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/GetAuthorizedEntriesResponse.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import { catchUpWith, type IndexRefresh, namePosition } from '../sync/position.ts';
import { entryWriter } from '../wire/entry.ts';
import { wholeAnswer } from '../wire/paging.ts';

const ADVICE = 'ask by SyncAuthorizedEntries (an agent: use_sync_authorized_entries = true)';

export interface GetAuthorizedEntriesNeeds {
  readonly index: Pick<AuthorizedEntries, 'entriesOf'>;
  readonly refresh: IndexRefresh;
}

export const getAuthorizedEntries = ({ index, refresh }: GetAuthorizedEntriesNeeds): Handler<CallContext> => {
  const encode = answerEncoder<GetAuthorizedEntriesResponse>(
    'spire.api.server.entry.v1.Entry',
    'GetAuthorizedEntries',
  );
  return unary(async (request: GetAuthorizedEntriesRequestOutput, context: CallContext) => {
    await catchUpWith(context, refresh);
    namePosition(context, refresh);
    const write = entryWriter(request.output_mask);
    const entries = index.entriesOf(actingAgent(context).node);
    return wholeAnswer(entries, (entry) => encode({ entries: [write(entry)] }), ADVICE);
  });
};
