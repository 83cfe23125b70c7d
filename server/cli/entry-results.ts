/** Prints what became of a batch of entries. Used by `entry create` and `entry update`. */
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import { codeName } from '../../shared/cli/code-name.ts';
import { toJson } from '../../shared/cli/json.ts';
import { entryBlock } from './print-entry.ts';

export interface EntryResult {
  readonly status: StatusOutput | null;
  readonly entry: EntryOutput | null;
}

export interface Batch {
  /** `create` or `update`, as it stands in the failure line. */
  readonly deed: 'create' | 'update';
  readonly response: { readonly results: readonly EntryResult[] };
  readonly asJson: boolean;
}

/** The exit code: 1 when any entry failed. */
export function printResults({ deed, response, asJson }: Batch, terminal: Terminal): number {
  const failed = response.results.filter((result) => result.status?.code !== 0);
  if (asJson) {
    terminal.out(`${toJson(response)}\n`);
    return failed.length === 0 ? 0 : 1;
  }
  for (const { status, entry } of response.results) {
    if (status?.code === 0 && entry !== null) terminal.out(entryBlock(entry));
  }
  for (const { status, entry } of failed) {
    const told = `(code: ${codeName(status?.code ?? 2)}, msg: ${JSON.stringify(status?.message ?? '')})`;
    terminal.err(
      `Failed to ${deed} the following entry ${told}:\n${entry === null ? '' : entryBlock(entry)}`,
    );
  }
  if (failed.length > 0) terminal.err(`Error: failed to ${deed} one or more entries\n`);
  return failed.length === 0 ? 0 : 1;
}
