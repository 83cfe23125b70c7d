/** Entry/BatchUpdateEntry: changes registration entries, wholly or the fields of a mask; each item by itself. */
import type { BatchUpdateEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchUpdateEntryRequest.ts';
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import {
  assertNever,
  Code,
  type CodedError,
  invalidArgument,
  permissionDenied,
} from '../../../shared/errors.ts';
import { EncodedMessage } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { EntryStore, EntryUpdate, UpdateOutcome } from '../../entries/entry-store.ts';
import { entryFields } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import type { Registrar } from '../gate/registrar.ts';
import { type EntryMask, entryChangesFromWire } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import { runBatch } from './batch.ts';
import { readableCurrent } from './current-entry.ts';
import { type EntryResult, EntryResults, failureStatus, noBundle } from './entry-result.ts';

export interface BatchUpdateEntryNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'update'>;
  /** The entries as they are, for rules that look at more than the changed fields. */
  readonly index: Pick<AuthorizedEntries, 'find'>;
}

export const batchUpdateEntry = (needs: BatchUpdateEntryNeeds): Handler<CallContext> =>
  unary(async (request: BatchUpdateEntryRequestOutput, { trail, limits }: CallContext) => {
    const made = new EntryResults('BatchUpdateEntry', request.output_mask, request.entries.length);
    const results = await runBatch<EntryOutput, EntryUpdate, UpdateOutcome, EntryResult>({
      wires: request.entries,
      read: (wire) => toUpdate(wire, request.input_mask, { ...needs, registrar: limits?.registrar }),
      deed: (items) => needs.entries.update(items, limits?.registrar),
      toResult: (outcome) => toResult(outcome, made),
      toFailure: (error, stage) => made.failed(failureStatus('update', error, stage)),
    });
    request.entries.forEach((wire, at) =>
      trail.item(() => entryFields(wire, request.input_mask), results[at]?.status ?? OK),
    );
    return new EncodedMessage(results.map(({ part }) => part));
  });

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

function toResult(outcome: UpdateOutcome, made: EntryResults): EntryResult {
  const failed = (error: CodedError): EntryResult => made.failed(failureStatus('update', error, 'deed'));
  switch (outcome.kind) {
    case 'updated':
      return made.of(OK, outcome.entry);
    case 'not-found':
      return made.failed({ code: Code.notFound, message: 'entry not found' });
    case 'no-bundle':
      return failed(noBundle(outcome.trustDomain));
    case 'denied':
      return failed(permissionDenied(outcome.why));
    default:
      return assertNever(outcome);
  }
}
