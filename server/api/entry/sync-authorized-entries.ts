/** Entry/SyncAuthorizedEntries: the calling agent's entries, whole or (of many) those that it finds it lacks. */
import type { EntryRevision } from '../../../proto/gen/spire/api/server/entry/v1/EntryRevision.ts';
import type { SyncAuthorizedEntriesRequestOutput } from '../../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesRequest.ts';
import type { SyncAuthorizedEntriesResponse } from '../../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesResponse.ts';
import { type Clock, unixSeconds } from '../../../shared/clock.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import { bidi, type Handler, type Send } from '../../../shared/rpc/handler.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import { firstPages, requestedPages, type SyncPage } from '../../entries/sync-pages.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import { catchUpWith, type IndexRefresh, namePosition } from '../sync/position.ts';
import { withinTime } from '../time-limit.ts';
import { type EntryMask, entryWriter } from '../wire/entry.ts';

const TIME_MAX_MS = 300_000; // a million entries take their time; SPIRE's agent gives up after 30 s

export interface SyncAuthorizedEntriesNeeds {
  readonly index: Pick<AuthorizedEntries, 'entriesOf'>;
  readonly refresh: IndexRefresh;
  readonly clock: Clock;
}

type Request = SyncAuthorizedEntriesRequestOutput;
type SendPage = Send<SyncAuthorizedEntriesResponse>;

export const syncAuthorizedEntries = (needs: SyncAuthorizedEntriesNeeds): Handler<CallContext> =>
  bidi((requests: AsyncIterable<Request>, context: CallContext, send: SendPage) =>
    withinTime(needs.clock, TIME_MAX_MS, sync({ needs, context, requests, send })),
  );

interface Syncing {
  readonly needs: SyncAuthorizedEntriesNeeds;
  readonly context: CallContext;
  readonly requests: AsyncIterable<Request>;
  readonly send: SendPage;
}

async function sync({ needs, context, requests, send }: Syncing): Promise<void> {
  const { index, refresh } = needs;
  const { node } = actingAgent(context);
  let mask: EntryMask | undefined;
  for await (const request of requests) {
    await catchUpWith(context, refresh);
    if (mask === undefined) {
      mask = checkFirst(request);
      namePosition(context, refresh);
      await sendPages(firstPages(index.entriesOf(node)), mask, send);
    } else {
      const asked = new Set(request.ids);
      const found = new Map(
        index.entriesOf(node).flatMap((entry) => (asked.has(entry.id) ? [[entry.id, entry] as const] : [])),
      );
      await sendPages(
        requestedPages((id) => found.get(id), [...found.keys()]),
        mask,
        send,
      );
    }
  }
}

/** The first message says what entries shall show; without revisions they could not be compared. */
function checkFirst({ ids, output_mask: mask }: Request): EntryMask {
  if (ids.length > 0) throw invalidArgument('specifying IDs on initial request is not supported');
  if (mask !== null && !mask.revision_number) throw invalidArgument('revision number cannot be masked');
  return mask;
}

async function sendPages(pages: readonly SyncPage[], mask: EntryMask, send: SendPage): Promise<void> {
  const write = entryWriter(mask);
  for (const page of pages) {
    if (page.kind === 'entries') await send({ entries: page.entries.map(write), more: page.more });
    else await send({ entry_revisions: page.revisions.map(revisionOf), more: page.more });
  }
}

const revisionOf = (entry: Entry): EntryRevision => ({
  id: entry.id,
  revision_number: entry.revisionNumber,
  created_at: unixSeconds(entry.createdAt),
});
