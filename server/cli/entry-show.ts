/** `entry show`: one by ID, or all that pass the filters. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { ListEntriesResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/ListEntriesResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import { entryFilterFlags, entryFilterOf } from './entry-flags.ts';
import { entryBlock } from './print-entry.ts';
import { ENTRY, wantsJson, withService } from './server-socket.ts';

const PAGE_SIZE = 500; // SPIRE's CLI

export const entryShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<EntryDefinition, number>(ENTRY, { flags, terminal }, async (client) => {
    const found = await find(client, flags);
    if (asJson) {
      terminal.out(`${toJson({ entries: found, next_page_token: '' })}\n`);
      return 0;
    }
    terminal.out(`Found ${found.length} ${found.length === 1 ? 'entry' : 'entries'}\n`);
    for (const entry of found) terminal.out(entryBlock(entry));
    return 0;
  });
};

type Entries = ListEntriesResponseOutput['entries'];

async function find(client: ServiceClient<EntryDefinition>, flags: Flags): Promise<Entries> {
  if (!flags.has('entryID')) return list(client, flags);
  if (entryFilterFlags.some(({ name }) => flags.has(name))) {
    throw new UsageError('-entryID and filters exclude each other');
  }
  return [await client.unary('GetEntry', { id: flags.text('entryID') })];
}

async function list(client: ServiceClient<EntryDefinition>, flags: Flags): Promise<Entries> {
  const entries: Entries = [];
  const filter = entryFilterOf(flags);
  let pageToken = '';
  do {
    const page = await client.unary('ListEntries', { filter, page_size: PAGE_SIZE, page_token: pageToken });
    entries.push(...page.entries);
    pageToken = page.next_page_token;
  } while (pageToken !== '');
  return entries;
}
