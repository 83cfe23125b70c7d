/** Entry/GetEntry: one registration entry. */
import type { GetEntryRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/GetEntryRequest.ts';
import type { Entry } from '../../../proto/gen/spire/api/types/Entry.ts';
import { invalidArgument, notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { EntryStore } from '../../entries/entry-store.ts';
import type { CallContext } from '../gate/context.ts';
import { entryWriter } from '../wire/entry.ts';

export interface GetEntryNeeds {
  readonly entries: Pick<EntryStore, 'find'>;
}

export const getEntry = ({ entries }: GetEntryNeeds): Handler<CallContext> =>
  unary(async ({ id, output_mask: mask }: GetEntryRequestOutput, { limits }: CallContext): Promise<Entry> => {
    if (id === '') throw invalidArgument('missing ID');
    const entry = await entries.find(id);
    if (entry === undefined || limits?.registrar?.canRead(entry) === false) throw notFound('entry not found');
    return entryWriter(mask)(entry);
  });
