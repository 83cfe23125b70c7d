/** Where `entry create` and `entry update` get their entries: the flags, or a JSON file (`-data`). */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { entriesInFile } from './entry-file.ts';
import { entryFlags } from './entry-flags.ts';
import { entryOf } from './flags-to-entry.ts';
import { readJsonObject } from './json-file.ts';
import { warnOfSelectors } from './warn-of-selectors.ts';

/** Warns of selectors that nothing has. Throws UsageError when the flags or the file do not describe entries. */
export async function entriesOf(flags: Flags, terminal: Terminal): Promise<WireEntry[]> {
  const entries = await given(flags, terminal);
  warnOfSelectors(entries, terminal);
  return entries;
}

async function given(flags: Flags, terminal: Terminal): Promise<WireEntry[]> {
  if (!flags.has('data')) return [entryOf(flags)];
  const ignored = [...entryFlags.map(({ name }) => name), 'node'].filter((name) => flags.has(name));
  if (ignored.length > 0) terminal.err(`Warning: with -data, -${ignored.join(' and -')} says nothing\n`);
  return entriesInFile(await readJsonObject(flags.text('data'), '-data', terminal));
}
