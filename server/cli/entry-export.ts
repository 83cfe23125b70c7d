/** `entry export`: entries as a file for `entry apply`, all or those that pass the filters. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { ENTRY, withService } from './call-server.ts';
import { textOfWire } from './declared/entry-text.ts';
import { printDeclared } from './declared/print.ts';
import { entryFilterOf } from './flags-to-entry.ts';
import { listEntries } from './list-entries.ts';
import { sortEntries } from './sort-entries.ts';

export const entryExport: RunCommand = async (flags, terminal) => {
  const format = wantsJson(flags) ? 'json' : 'yaml';
  const filter = entryFilterOf(flags);
  const found = await withService<EntryDefinition, EntryOutput[]>(ENTRY, { flags, terminal }, (client) =>
    listEntries(client, filter),
  );
  const entries = sortEntries(found).map(textOfWire);
  const shown = flags.is('withoutIDs') ? entries.map((entry) => ({ ...entry, id: '' })) : entries;
  for (const piece of printDeclared(shown, format)) terminal.out(piece);
  return 0;
};
