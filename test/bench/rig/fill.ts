/** Fills the database of a bench's system with a world. Called by the bench of entries. */
import { Client, type ClientConfig } from 'pg';
import { INSERT_ENTRIES, toRecord } from '../../../server/datastore/entry-rows.ts';
import { toNodeRecord, UPSERT_NODES } from '../../../server/datastore/node-rows.ts';
import type { World } from './world.ts';

const ROWS = 5_000;
const YEAR_MS = 31_536_000_000;

/** Indexes are made when the rows are there: twice as fast. Changes are not written: a server that starts reads none. */
export async function fill(config: ClientConfig, world: World, now: Date): Promise<void> {
  const client = new Client(config);
  await client.connect();
  try {
    await client.query('set synchronous_commit = off');
    const indexes = await dropIndexes(client);
    for (let at = 0; at < world.size; at += ROWS) {
      const count = Math.min(ROWS, world.size - at);
      const records = Array.from({ length: count }, (_, row) => toRecord(world.entry(at + row)));
      await client.query(INSERT_ENTRIES, [JSON.stringify(records)]);
    }
    await insertNodes(client, world, now);
    for (const definition of indexes) await client.query(definition);
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

/** Those that no constraint needs; resolves with their definitions. */
async function dropIndexes(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = 'entries'
     and indexname not in (select conname from pg_constraint)`,
  );
  for (const { indexname } of rows) await client.query(`drop index ${client.escapeIdentifier(indexname)}`);
  return rows.map(({ indexdef }) => indexdef);
}

async function insertNodes(client: Client, world: World, now: Date): Promise<void> {
  const expiresAt = new Date(now.getTime() + YEAR_MS);
  const nodes = Array.from({ length: world.agents }, (_, at) => ({
    ...world.agent(at),
    attestationType: 'k8s_psat',
    current: { serialNumber: String(at + 1), expiresAt },
    pending: undefined,
    canReattest: true,
    agentVersion: '',
  }));
  await client.query(UPSERT_NODES, [JSON.stringify(nodes.map(toNodeRecord))]);
}
