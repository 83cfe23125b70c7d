/** `entry create`. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { ENTRY, withService } from './call-server.ts';
import { type EntryResult, printResults } from './entry-results.ts';
import { withSent } from './entry-sent.ts';
import { entriesOf } from './entry-source.ts';
import { type Done, inChunks } from './in-chunks.ts';

export const entryCreate: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const entries = await entriesOf(flags, terminal);
  const done = await withService<EntryDefinition, Done<EntryResult>>(ENTRY, { flags, terminal }, (client) =>
    inChunks(entries, async (chunk) =>
      withSent(await client.unary('BatchCreateEntry', { entries: [...chunk] }), chunk),
    ),
  );
  return printResults({ deed: 'create', done, asJson }, terminal);
};
