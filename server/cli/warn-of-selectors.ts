/** Says on standard error which selectors of entries nothing will ever have; they are sent all the same. Used by entry-source. */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import { printable } from '../../shared/cli/printable.ts';
import { selectorFaults } from '../../shared/config/selector-faults.ts';

const SERVER_PATH = '/spire/server';
const TOLD_MAX = 20; // of a whole file: who has more of them knows after these

export function warnOfSelectors(entries: readonly WireEntry[], terminal: Terminal): void {
  const faults = entries.flatMap(faultsOf);
  for (const fault of faults.slice(0, TOLD_MAX)) terminal.err(`Warning: ${printable(fault)}\n`);
  const more = faults.length - TOLD_MAX;
  if (more > 0) terminal.err(`Warning: and ${more} more selectors that nothing has\n`);
}

/** What is stored in an SVID store has selectors of the store's own. */
function faultsOf({ selectors, parent_id: parent, store_svid: isStored }: WireEntry): readonly string[] {
  if (isStored === true) return [];
  const given = (selectors ?? []).map(({ type = '', value = '' }) => ({ type, value }));
  return selectorFaults(given, parent?.path === SERVER_PATH);
}
