/** `entry update`: replaces the whole entry, as SPIRE's does; with -patch, what flags say alone. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { ENTRY, withService } from './call-server.ts';
import { patchEntry } from './entry-patch.ts';
import { type EntryResult, printResults } from './entry-results.ts';
import { withSent } from './entry-sent.ts';
import { entriesOf } from './entry-source.ts';
import { type Done, inChunks } from './in-chunks.ts';
import { patchFlags } from './patch-flags.ts';

export const entryUpdate: RunCommand = async (flags, terminal) => {
  if (flags.is('patch')) return patchEntry({ flags, terminal });
  const unused = patchFlags.find(({ name }) => name !== 'patch' && flags.has(name));
  if (unused !== undefined) throw new UsageError(`-${unused.name} says nothing without -patch`);
  const asJson = wantsJson(flags);
  const entries = await entriesOf(flags, terminal);
  const nameless = entries.findIndex(({ id }) => id === '');
  if (nameless !== -1) {
    throw new UsageError(
      flags.has('data') ? `entry ${nameless} of -data has no entry_id` : 'an -entryID is needed',
    );
  }
  const done = await withService<EntryDefinition, Done<EntryResult>>(ENTRY, { flags, terminal }, (client) =>
    inChunks(entries, async (chunk) =>
      withSent(await client.unary('BatchUpdateEntry', { entries: [...chunk] }), chunk),
    ),
  );
  return printResults({ deed: 'update', done, asJson }, terminal);
};
