/** `entry show`: one by ID, or all that pass the filters. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { ENTRY, withService } from './call-server.ts';
import { entryFilterOf } from './flags-to-entry.ts';
import { listEntries } from './list-entries.ts';
import { entryBlock } from './print-entry.ts';
import { sortEntries } from './sort-entries.ts';

export const entryShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const find = finder(flags);
  const entries = sortEntries(await withService(ENTRY, { flags, terminal }, find));
  if (asJson) {
    terminal.out(`${toJson({ entries, next_page_token: '' })}\n`);
    return 0;
  }
  terminal.out(`Found ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}\n`);
  for (const entry of entries) terminal.out(entryBlock(entry));
  return 0;
};

type Find = (client: Pick<Rpcs<EntryDefinition>, 'unary'>) => Promise<EntryOutput[]>;

/** Throws UsageError on flags that exclude each other or cannot be read. */
function finder(flags: Flags): Find {
  const id = flags.text('entryID');
  const filter = entryFilterOf(flags);
  if (id === '') return (client) => listEntries(client, filter);
  if (['parentID', 'spiffeID', 'selector', 'federatesWith', 'hint'].some((name) => flags.has(name)))
    throw new UsageError('-entryID and filters exclude each other');
  return async (client) => [await client.unary('GetEntry', { id })];
}
