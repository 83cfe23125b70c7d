/** `entry delete`: one by ID, or those of a file. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { codeName } from '../../shared/cli/code-name.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { parseObject, readSource } from './entry-source.ts';
import { ENTRY, wantsJson, withService } from './server-socket.ts';

export const entryDelete: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const ids = await idsOf(flags, terminal);
  return withService<EntryDefinition, number>(ENTRY, { flags, terminal }, async (client) => {
    const response = await client.unary('BatchDeleteEntry', { ids });
    const failed = response.results.filter((result) => result.status?.code !== 0);
    if (asJson) terminal.out(`${toJson(response)}\n`);
    else printDeleted(response.results, terminal);
    return failed.length === 0 ? 0 : 1;
  });
};

async function idsOf(flags: Flags, terminal: Terminal): Promise<string[]> {
  if (flags.has('entryID') === flags.has('file')) throw new UsageError('one of -entryID and -file is needed');
  if (flags.has('entryID')) return [flags.text('entryID')];
  const { ids } = parseObject(await readSource(flags.text('file'), terminal), '-file');
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === 'string')) {
    throw new UsageError('-file must hold {"ids": ["..."]}');
  }
  return ids;
}

interface Deleted {
  readonly id: string;
  readonly status: { readonly code: number; readonly message: string } | null;
}

function printDeleted(results: readonly Deleted[], terminal: Terminal): void {
  const deleted = results.filter((result) => result.status?.code === 0);
  for (const { id } of deleted) terminal.out(`Deleted entry with ID: ${id}\n`);
  if (results.length > 1) terminal.out(`Deleted ${deleted.length} entries successfully\n`);
  for (const { id, status } of results) {
    if (status?.code === 0) continue;
    const told = `(code: ${codeName(status?.code ?? 2)}, msg: ${JSON.stringify(status?.message ?? '')})`;
    terminal.err(`Failed to delete entry with ID ${id} ${told}\n`);
  }
}
