/** `entry watch`: a line for each change of an entry, until it is stopped. */
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryChangesDefinition } from '../../proto/gen/writ/entry/v1/EntryChanges.ts';
import type { WatchEntriesResponseOutput } from '../../proto/gen/writ/entry/v1/WatchEntriesResponse.ts';
import { ReaderGone, type RunCommand, type Terminal } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { ENTRY_CHANGES, withService } from './call-server.ts';
import { entryFilterOf } from './flags-to-entry.ts';
import { idText } from './wire-id.ts';

/** Ends with the server's word for it: it has no end of its own. */
export const entryWatch: RunCommand = async (flags, terminal) => {
  const print = wantsJson(flags) ? printJson : printLine;
  const filter = entryFilterOf(flags);
  let position = flags.text('from');
  return withService<EntryChangesDefinition, number>(ENTRY_CHANGES, { flags, terminal }, async (client) => {
    try {
      for await (const answer of client.serverStream('WatchEntries', { filter, from: position })) {
        position = answer.position;
        print(answer, terminal);
      }
      return 0;
    } catch (error) {
      const mayGoOn = position !== '' && !(error instanceof ReaderGone);
      if (mayGoOn) terminal.err(`To go on from here: -from ${printable(position)}\n`);
      throw error;
    }
  });
};

/** Positions too: whoever reads this goes on from the last one. */
const printJson = (answer: WatchEntriesResponseOutput, terminal: Terminal): void =>
  terminal.out(`${toJson(answer)}\n`);

function printLine({ kind, entry }: WatchEntriesResponseOutput, terminal: Terminal): void {
  if (kind !== 'NOTHING' && entry !== null) terminal.out(`${kind.toLowerCase()} ${entryLine(entry)}\n`);
}

const entryLine = ({ id, spiffe_id, parent_id, revision_number }: EntryOutput): string =>
  printable(`${id} ${idText(spiffe_id)} below ${idText(parent_id)}, revision ${revision_number}`);
