/** Entry/BatchCreateEntry: creates registration entries; each item succeeds or fails by itself. */
import type { BatchCreateEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryRequest.ts';
import type { BatchCreateEntryResponse } from '../../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryResponse.ts';
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { assertNever, Code, CodedError, permissionDenied } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Entry, NewEntry } from '../../entries/entry.ts';
import type { CreateOutcome, EntryStore } from '../../entries/entry-store.ts';
import { entryFields } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { entryWriter, newEntryFromWire } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import { runBatch } from './batch.ts';
import { type EntryResult, failureStatus, noBundle } from './entry-result.ts';

export interface BatchCreateEntryNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'create'>;
}

export const batchCreateEntry = ({ trustDomain, entries }: BatchCreateEntryNeeds): Handler<CallContext> =>
  unary(
    async (
      request: BatchCreateEntryRequestOutput,
      { trail, limits }: CallContext,
    ): Promise<BatchCreateEntryResponse> => {
      const write = entryWriter(request.output_mask);
      const results = await runBatch<EntryOutput, NewEntry, CreateOutcome, EntryResult>({
        wires: request.entries,
        read: (wire) => newEntryFromWire(wire, trustDomain),
        deed: (items) => entries.create(items, limits?.registrar),
        toResult: (outcome) => toResult(outcome, write),
        toFailure: (error, stage) => ({ status: failureStatus('create', error, stage) }),
      });
      request.entries.forEach((wire, at) => {
        const { status = OK, entry } = results[at] ?? {};
        trail.item(() => entryFields({ ...wire, id: entry?.id ?? wire.id }), status);
      });
      return { results: [...results] };
    },
  );

function toResult(outcome: CreateOutcome, write: (entry: Entry) => WireEntry): EntryResult {
  switch (outcome.kind) {
    case 'created':
      return { status: OK, entry: write(outcome.entry) };
    case 'similar':
      return {
        status: { code: Code.alreadyExists, message: 'similar entry already exists' },
        entry: write(outcome.entry),
      };
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

const failed = (error: CodedError): EntryResult => ({ status: failureStatus('create', error, 'deed') });
