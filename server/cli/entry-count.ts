/** `entry count`. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { entryFilterOf } from './flags-to-entry.ts';
import { ENTRY, withService } from './call-server.ts';

export const entryCount: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const filter = entryFilterOf(flags);
  return withService<EntryDefinition, number>(ENTRY, { flags, terminal }, async (client) => {
    const response = await client.unary('CountEntries', { filter });
    const noun = response.count === 1 ? 'registration entry' : 'registration entries';
    terminal.out(asJson ? `${toJson(response)}\n` : `${response.count} ${noun}\n`);
    return 0;
  });
};
