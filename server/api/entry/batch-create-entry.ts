/** Entry/BatchCreateEntry: creates registration entries; each item succeeds or fails by itself. */
import type { BatchCreateEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryRequest.ts';
import type { BatchCreateEntryResponse } from '../../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryResponse.ts';
import type { Entry as WireEntry } from '../../../proto/gen/spire/api/types/Entry.ts';
import { assertNever, Code, CodedError } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Entry } from '../../entries/entry.ts';
import type { CreateOutcome, EntryStore } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { entryWriter, newEntryFromWire } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import {
  batch,
  entryFields,
  type EntryResult,
  failedResult,
  noBundle,
  refusedResult,
} from './entry-results.ts';
import { inChunks } from './in-chunks.ts';

export interface BatchCreateEntryNeeds {
  readonly trustDomain: TrustDomain;
  readonly entries: Pick<EntryStore, 'create'>;
}

export const batchCreateEntry = ({ trustDomain, entries }: BatchCreateEntryNeeds): Handler<CallContext> =>
  unary(
    async (
      request: BatchCreateEntryRequestOutput,
      { trail }: CallContext,
    ): Promise<BatchCreateEntryResponse> => {
      const write = entryWriter(request.output_mask);
      const results = await batch<
        (typeof request.entries)[number],
        ReturnType<typeof newEntryFromWire>,
        EntryResult
      >({
        wires: request.entries,
        read: (wire) => newEntryFromWire(wire, trustDomain),
        refuse: refusedResult,
        carryOut: async (items) =>
          (await inChunks(items, (chunk) => entries.create(chunk))).map((result) =>
            result.kind === 'failed' ? failedResult('create', result.error) : toResult(result.outcome, write),
          ),
      });
      request.entries.forEach((wire, at) => {
        trail.item(
          { ...entryFields(wire), entry_id: results[at]?.entry?.id ?? wire.id },
          results[at]?.status ?? OK,
        );
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
      return failedResult('create', new CodedError(Code.alreadyExists, 'an entry with this ID exists'));
    case 'no-bundle':
      return failedResult('create', noBundle(outcome.trustDomain));
    default:
      return assertNever(outcome);
  }
}
