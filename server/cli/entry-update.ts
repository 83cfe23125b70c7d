/** `entry update`: replaces the whole entry, as SPIRE's does. */
import type { BatchUpdateEntryResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/BatchUpdateEntryResponse.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { printResults } from './entry-results.ts';
import { withSent } from './entry-sent.ts';
import { entriesOf } from './entry-source.ts';
import { ENTRY, wantsJson, withService } from './server-socket.ts';

export const entryUpdate: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const entries = await entriesOf(flags, terminal);
  if (entries.some((entry) => entry.id === '')) throw new UsageError('an -entryID is needed');
  const response = await withService<EntryDefinition, BatchUpdateEntryResponseOutput>(
    ENTRY,
    { flags, terminal },
    (client) => client.unary('BatchUpdateEntry', { entries }),
  );
  return printResults({ deed: 'update', response: withSent(response, entries), asJson }, terminal);
};
