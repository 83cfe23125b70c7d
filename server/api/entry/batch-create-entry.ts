/** Entry/BatchCreateEntry: creates registration entries; each item succeeds or fails by itself. */
import type { BatchCreateEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryRequest.ts';
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { assertNever, Code, CodedError, permissionDenied } from '../../../shared/errors.ts';
import { EncodedMessage } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { NewEntry } from '../../entries/entry.ts';
import type { CreateOutcome, EntryStore } from '../../entries/entry-store.ts';
import { entryFields } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { newEntryFromWire } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import { runBatch } from './batch.ts';
import { type EntryResult, EntryResults, failureStatus, noBundle } from './entry-result.ts';

export interface BatchCreateEntryNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'create'>;
}

export const batchCreateEntry = ({ trustDomain, entries }: BatchCreateEntryNeeds): Handler<CallContext> =>
  unary(async (request: BatchCreateEntryRequestOutput, { trail, limits }: CallContext) => {
    const made = new EntryResults('BatchCreateEntry', request.output_mask, request.entries.length);
    const results = await runBatch<EntryOutput, NewEntry, CreateOutcome, EntryResult>({
      wires: request.entries,
      read: (wire) => newEntryFromWire(wire, trustDomain),
      deed: (items) => entries.create(items, limits?.registrar),
      toResult: (outcome) => toResult(outcome, made),
      toFailure: (error, stage) => made.failed(failureStatus('create', error, stage)),
    });
    request.entries.forEach((wire, at) => {
      const { status = OK, id = wire.id } = results[at] ?? {};
      trail.item(() => entryFields({ ...wire, id }), status);
    });
    return new EncodedMessage(results.map(({ part }) => part));
  });

const SIMILAR: StatusOutput = { code: Code.alreadyExists, message: 'similar entry already exists' };

function toResult(outcome: CreateOutcome, made: EntryResults): EntryResult {
  const failed = (error: CodedError): EntryResult => made.failed(failureStatus('create', error, 'deed'));
  switch (outcome.kind) {
    case 'created':
      return made.of(OK, outcome.entry);
    case 'similar':
      return made.of(SIMILAR, outcome.entry);
    case 'duplicate-id':
      return failed(new CodedError(Code.alreadyExists, 'an entry with this ID exists'));
    case 'no-bundle':
      return failed(noBundle(outcome.trustDomain));
    case 'denied':
      return failed(permissionDenied(outcome.why));
    default:
      return assertNever(outcome);
  }
}
