/** Entry/BatchUpdateEntry: changes registration entries, wholly or the fields of a mask; each item by itself. */
import type { BatchUpdateEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchUpdateEntryRequest.ts';
import type { BatchUpdateEntryResponse } from '../../../proto/gen/spire/api/server/entry/v1/BatchUpdateEntryResponse.ts';
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { assertNever, Code, invalidArgument, permissionDenied } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import type { EntryStore, EntryUpdate, UpdateOutcome } from '../../entries/entry-store.ts';
import { entryFields } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import type { Registrar } from '../gate/registrar.ts';
import { type EntryMask, entryChangesFromWire, entryWriter } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import { runBatch } from './batch.ts';
import { readableCurrent } from './current-entry.ts';
import { type EntryResult, failureStatus, noBundle } from './entry-result.ts';

export interface BatchUpdateEntryNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'update'>;
  /** The entries as they are, for rules that look at more than the changed fields. */
  readonly index: Pick<AuthorizedEntries, 'find'>;
}

export const batchUpdateEntry = (needs: BatchUpdateEntryNeeds): Handler<CallContext> =>
  unary(
    async (
      request: BatchUpdateEntryRequestOutput,
      { trail, limits }: CallContext,
    ): Promise<BatchUpdateEntryResponse> => {
      const write = entryWriter(request.output_mask);
      const results = await runBatch<EntryOutput, EntryUpdate, UpdateOutcome, EntryResult>({
        wires: request.entries,
        read: (wire) => toUpdate(wire, request.input_mask, { ...needs, registrar: limits?.registrar }),
        deed: (items) => needs.entries.update(items, limits?.registrar),
        toResult: (outcome) => toResult(outcome, write),
        toFailure: (error, stage) => ({ status: failureStatus('update', error, stage) }),
      });
      request.entries.forEach((wire, at) =>
        trail.item(() => entryFields(wire, request.input_mask), results[at]?.status ?? OK),
      );
      return { results: [...results] };
    },
  );

function toUpdate(
  wire: EntryOutput,
  mask: EntryMask,
  { trustDomain, index, registrar }: BatchUpdateEntryNeeds & { readonly registrar: Registrar | undefined },
): EntryUpdate {
  if (wire.id === '') throw invalidArgument('missing entry ID');
  const current = readableCurrent(index, wire.id, registrar);
  const changes = entryChangesFromWire(wire, mask, { trustDomain, current });
  return { id: wire.id, changes };
}

function toResult(outcome: UpdateOutcome, write: (entry: Entry) => WireEntry): EntryResult {
  switch (outcome.kind) {
    case 'updated':
      return { status: OK, entry: write(outcome.entry) };
    case 'not-found':
      return { status: { code: Code.notFound, message: 'entry not found' } };
    case 'no-bundle':
      return { status: failureStatus('update', noBundle(outcome.trustDomain), 'deed') };
    case 'denied':
      return { status: failureStatus('update', permissionDenied(outcome.why), 'deed') };
    default:
      return assertNever(outcome);
  }
}
