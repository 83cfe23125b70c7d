/** Prints what became of a batch of entries. Used by `entry create` and `entry update`. */
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import type { Done } from './in-chunks.ts';
import { entryBlock } from './print-entry.ts';
import { isOk, statusText } from './status-text.ts';

export interface EntryResult {
  readonly status: StatusOutput | null;
  readonly entry: EntryOutput | null;
}

export interface Batch {
  /** As it stands in the lines about failures. */
  readonly deed: 'create' | 'update';
  readonly done: Done<EntryResult>;
  readonly asJson: boolean;
}

/**
 * The exit code. Throws when the batch was not sent to its end.
 * DIVERGES: SPIRE exits 0 with JSON although entries failed; a script must not have to look for that.
 */
export function printResults({ deed, done: { results, error }, asJson }: Batch, terminal: Terminal): number {
  if (asJson) terminal.out(`${toJson({ results })}\n`);
  else printBlocks(deed, results, terminal);
  if (error !== undefined) throw error;
  if (results.every(isOk)) return 0;
  terminal.err(`Error: failed to ${deed} one or more entries\n`);
  return 1;
}

function printBlocks(deed: string, results: readonly EntryResult[], terminal: Terminal): void {
  for (const { entry } of results.filter(isOk)) if (entry !== null) terminal.out(entryBlock(entry));
  for (const { status, entry } of results.filter((result) => !isOk(result))) {
    const block = entry === null ? '' : entryBlock(entry);
    terminal.err(`Failed to ${deed} the following entry ${statusText(status)}:\n${block}`);
  }
}
