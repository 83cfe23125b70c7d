/** Entry/BatchDeleteEntry: deletes registration entries; each item by itself. */
import type { BatchDeleteEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchDeleteEntryRequest.ts';
import type { BatchDeleteEntryResponse } from '../../../proto/gen/spire/api/server/entry/v1/BatchDeleteEntryResponse.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { Code, invalidArgument } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { EntryStore } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { OK, statusOf } from '../wire/status.ts';
import { batch, failedResult } from './entry-results.ts';
import { inChunks } from './in-chunks.ts';

export interface BatchDeleteEntryNeeds {
  readonly entries: Pick<EntryStore, 'delete'>;
}

const NOT_FOUND: StatusOutput = { code: Code.notFound, message: 'entry not found' };

export const batchDeleteEntry = ({ entries }: BatchDeleteEntryNeeds): Handler<CallContext> =>
  unary(
    async (
      { ids }: BatchDeleteEntryRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchDeleteEntryResponse> => {
      const statuses = await batch<string, string, StatusOutput>({
        wires: ids,
        read: checkGiven,
        refuse: statusOf,
        carryOut: async (items) =>
          (await inChunks(items, (chunk) => entries.delete(chunk))).map((result) => {
            if (result.kind === 'failed') return failedResult('delete', result.error).status;
            return result.outcome ? OK : NOT_FOUND;
          }),
      });
      statuses.forEach((status, at) => trail.item({ entry_id: ids[at] }, status));
      return { results: statuses.map((status, at) => ({ status, id: ids[at] ?? '' })) };
    },
  );

function checkGiven(id: string): string {
  if (id === '') throw invalidArgument('missing entry ID');
  return id;
}
