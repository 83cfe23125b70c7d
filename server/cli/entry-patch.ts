/**
 * `entry update -patch`: reads the entry, changes what flags say, and only if nobody changed it meanwhile. Called by
 * entry-update.
 */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryChangesDefinition } from '../../proto/gen/writ/entry/v1/EntryChanges.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { ENTRY, ENTRY_CHANGES, type Typed, withService } from './call-server.ts';
import { type EntryResult, printResults } from './entry-results.ts';
import { patchOf } from './flags-to-patch.ts';
import { warnOfSelectors } from './warn-of-selectors.ts';

/** Resolves with the exit code. */
export async function patchEntry(typed: Typed): Promise<number> {
  const { flags, terminal } = typed;
  const asJson = wantsJson(flags);
  if (flags.has('data')) throw new UsageError('-patch and -data exclude each other');
  if (flags.text('entryID') === '') throw new UsageError('an -entryID is needed');
  const result = await carryOut(typed, await find(typed));
  return printResults({ deed: 'update', done: { results: [result], error: undefined }, asJson }, terminal);
}

const find = (typed: Typed): Promise<EntryOutput> =>
  withService<EntryDefinition, EntryOutput>(ENTRY, typed, (client) =>
    client.unary('GetEntry', { id: typed.flags.text('entryID') }),
  );

async function carryOut(typed: Typed, current: EntryOutput): Promise<EntryResult> {
  const { flags, terminal } = typed;
  const { entry, mask } = patchOf(flags, current);
  if (mask.selectors === true) warnOfSelectors([entry], terminal);
  const { id, created_at } = current;
  const known = { id, created_at, revision_number: expectedRevision(typed) ?? current.revision_number };
  const answer = await withService<EntryChangesDefinition, readonly Pick<EntryResult, 'status'>[]>(
    ENTRY_CHANGES,
    typed,
    async (client) => {
      const { updated } = await client.unary('ApplyEntries', {
        update: [{ known, entry, input_mask: mask }],
      });
      return updated;
    },
  );
  const status = answer[0]?.status ?? null;
  return { status, entry: (status?.code ?? 0) === 0 ? await find(typed) : current };
}

function expectedRevision({ flags }: Typed): string | undefined {
  const text = flags.text('revision');
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return text;
  throw new UsageError(`-revision takes a whole number, not "${text}"`);
}
