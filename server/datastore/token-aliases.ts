/** Finds the entries that were made with join tokens: below the token's agent, selected by its own ID (SPIRE: CreateJoinToken). */
import type { Queryable } from './database.ts';

/** The ids of the entries of these agents. */
export async function findTokenAliases(
  tx: Queryable,
  agentIds: readonly string[],
): Promise<readonly string[]> {
  if (agentIds.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `select id from entries where parent_id = any($1) and selectors = array['spiffe_id:' || parent_id]`,
    [agentIds],
  );
  return rows.map(({ id }) => id);
}
