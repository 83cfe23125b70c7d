/** `entry create`. */
import type { BatchCreateEntryResponseOutput } from '../../proto/gen/spire/api/server/entry/v1/BatchCreateEntryResponse.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { printResults } from './entry-results.ts';
import { entriesOf } from './entry-source.ts';
import { ENTRY, wantsJson, withService } from './server-socket.ts';
import { withSent } from './entry-sent.ts';

export const entryCreate: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const entries = await entriesOf(flags, terminal);
  const response = await withService<EntryDefinition, BatchCreateEntryResponseOutput>(
    ENTRY,
    { flags, terminal },
    (client) => client.unary('BatchCreateEntry', { entries }),
  );
  return printResults({ deed: 'create', response: withSent(response, entries), asJson }, terminal);
};
