/** `entry delete`: one by ID, or those of a file. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { ENTRY, withService } from './call-server.ts';
import { type Done, inChunks } from './in-chunks.ts';
import { readJsonObject } from './json-file.ts';
import { isOk, statusText } from './status-text.ts';

interface Deleted {
  readonly id: string;
  readonly status: StatusOutput | null;
}

export const entryDelete: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const ids = await idsOf(flags, terminal);
  const { results, error } = await withService<EntryDefinition, Done<Deleted>>(
    ENTRY,
    { flags, terminal },
    (client) => inChunks(ids, (chunk) => client.unary('BatchDeleteEntry', { ids: [...chunk] })),
  );
  if (asJson) terminal.out(`${toJson({ results })}\n`);
  else printDeleted(results, terminal);
  if (error !== undefined) throw error;
  if (results.every(isOk)) return 0;
  terminal.err('Error: failed to delete one or more entries\n');
  return 1;
};

async function idsOf(flags: Flags, terminal: Terminal): Promise<string[]> {
  if (flags.has('entryID') === flags.has('file')) throw new UsageError('one of -entryID and -file is needed');
  if (flags.has('entryID')) return [flags.text('entryID')];
  const { ids } = await readJsonObject(flags.text('file'), '-file', terminal);
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === 'string')) {
    throw new UsageError('-file must hold {"ids": ["..."]}');
  }
  return ids;
}

function printDeleted(results: readonly Deleted[], terminal: Terminal): void {
  const deleted = results.filter(isOk);
  const failed = results.filter((result) => !isOk(result));
  for (const { id } of deleted) terminal.out(`Deleted entry with ID: ${printable(id)}\n`);
  if (deleted.length > 0) terminal.out(GAP);
  for (const { id, status } of failed) {
    terminal.err(`Failed to delete entry with ID ${printable(id)} ${statusText(status)}\n`);
  }
  if (failed.length > 0) terminal.out(GAP);
  terminal.out(`${summaryOf(deleted.length, failed.length)}\n`);
}

/** SPIRE's layout. */
const GAP = '\n\n';

function summaryOf(deleted: number, failed: number): string {
  if (failed === 0) return `Deleted ${deleted} entries successfully`;
  if (deleted === 0) return `Failed to delete ${failed} entries`;
  return `Deleted ${deleted} entries successfully, but failed to delete ${failed} entries`;
}
