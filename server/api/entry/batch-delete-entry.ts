/** Entry/BatchDeleteEntry: deletes registration entries; each item by itself. */
import type { BatchDeleteEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchDeleteEntryRequest.ts';
import type { BatchDeleteEntryResponse } from '../../../proto/gen/spire/api/server/entry/v1/BatchDeleteEntryResponse.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { assertNever, Code, invalidArgument, permissionDenied } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { DeleteOutcome, EntryStore } from '../../entries/entry-store.ts';
import { entryIdFields } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { OK } from '../wire/status.ts';
import { runBatch } from './batch.ts';
import { failureStatus } from './entry-result.ts';

export interface BatchDeleteEntryNeeds {
  readonly entries: Pick<EntryStore, 'delete'>;
}

const NOT_FOUND: StatusOutput = { code: Code.notFound, message: 'entry not found' };

export const batchDeleteEntry = ({ entries }: BatchDeleteEntryNeeds): Handler<CallContext> =>
  unary(
    async (
      { ids }: BatchDeleteEntryRequestOutput,
      { trail, limits }: CallContext,
    ): Promise<BatchDeleteEntryResponse> => {
      const statuses = await runBatch<string, string, DeleteOutcome, StatusOutput>({
        wires: ids,
        read: checkGiven,
        deed: (items) => entries.delete(items, limits?.registrar),
        toResult,
        toFailure: (error, stage) => failureStatus('delete', error, stage),
      });
      statuses.forEach((status, at) => trail.item(() => entryIdFields({ id: ids[at] ?? '' }), status));
      return { results: statuses.map((status, at) => ({ status, id: ids[at] ?? '' })) };
    },
  );

function checkGiven(id: string): string {
  if (id === '') throw invalidArgument('missing entry ID');
  return id;
}

function toResult(outcome: DeleteOutcome): StatusOutput {
  switch (outcome.kind) {
    case 'deleted':
      return OK;
    case 'not-found':
      return NOT_FOUND;
    case 'denied':
      return failureStatus('delete', permissionDenied(outcome.why), 'deed');
    default:
      return assertNever(outcome);
  }
}
