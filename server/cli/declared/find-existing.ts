/** Asks the server for the entries that a file may be about: no more than it takes. Called by `entry apply`. */
import type { EntryDefinition } from '../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryFilter } from '../../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Rpcs } from '../../../shared/rpc/service-types.ts';
import { listEntries } from '../list-entries.ts';
import { wireId } from '../wire-id.ts';
import type { Declared } from './shape.ts';

type Client = Pick<Rpcs<EntryDefinition>, 'unary'>;

/** Calls; with more, one list of everything is the cheaper way. */
const PARENTS_MAX = 50;
const IDS_MAX = 200;

/** Those below the parents that the file names, and those with its IDs; everything where that is not enough. */
export async function findExisting(
  client: Client,
  declared: Declared,
  prune: boolean,
): Promise<readonly EntryOutput[]> {
  const parents = parentsOf(declared, prune);
  if (parents === undefined || parents.size > PARENTS_MAX) return listEntries(client, null);
  const found = new Map<string, EntryOutput>();
  for (const parent of parents) {
    const filter: EntryFilter = { by_parent_id: wireId('parent_id', parent) };
    for (const entry of await listEntries(client, filter)) found.set(entry.id, entry);
  }
  const missing = declared.entries.map(({ id }) => id).filter((id) => id !== '' && !found.has(id));
  if (missing.length > IDS_MAX) return listEntries(client, null);
  for (const id of missing) {
    const entry = await findEntry(client, id);
    if (entry !== undefined) found.set(id, entry);
  }
  return [...found.values()];
}

/** Undefined: entries below any parent may be meant. */
function parentsOf({ entries, scope }: Declared, prune: boolean): ReadonlySet<string> | undefined {
  const named = entries.map(({ parent_id }) => parent_id);
  if (!prune || scope === undefined) return new Set(named);
  const exact = scope.parentIds.filter(({ withBelow }) => !withBelow).map(({ root }) => root);
  const isExact = exact.length > 0 && exact.length === scope.parentIds.length;
  return isExact ? new Set([...named, ...exact]) : undefined;
}

async function findEntry(client: Client, id: string): Promise<EntryOutput | undefined> {
  try {
    return await client.unary('GetEntry', { id });
  } catch (error) {
    if (error instanceof CodedError && error.code === Code.notFound) return undefined;
    throw error;
  }
}
