/** Two servers on one Postgres, three hundred agents behind a balancer, and what happens to servers in their lives. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { findRunningPostgres } from '../../server/datastore/embedded.ts';
import { Agents } from '../bench/rig/agents.ts';
import type { SystemAdmin } from '../interop/admin.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { Balancer } from './balancer.ts';
import { SecondServer } from './second-server.ts';

const AGENTS = 300;
const ENTRIES_EACH = 2;
/** Of these agents entries are made while servers come and go. */
const CHANGED = 30;
const CALLERS = 8;
const BACK_MS = 60_000;
const CLOCKS_APART_SECONDS = 120;

interface Cluster {
  readonly system: System;
  readonly second: SecondServer;
  readonly agents: Agents;
  readonly tokens: readonly string[];
  /** Entry IDs, agent by agent. */
  readonly entryIds: string[][];
}

async function makeEntries(cluster: Cluster, admin: SystemAdmin, path: string): Promise<void> {
  const { system, tokens, entryIds } = cluster;
  for (let at = 0; at < CHANGED; at += 1) {
    const entry = {
      spiffeId: system.idOf(`${path}/${at}`),
      parentId: system.idOf(`/spire/agent/join_token/${tokens[at]}`),
      selectors: ['unix:uid:1'],
    };
    const id = await eventually('an entry', () => admin.createEntry(entry).catch(() => undefined), BACK_MS);
    entryIds[at]?.push(id);
  }
}

/** Agents that lose a server wait for up to half a minute before they come again. */
const allHaveAll = ({ agents, entryIds }: Cluster): Promise<void> => agents.have(entryIds);

/** As a later program's would: it adds, and takes nothing away. */
async function migrateAhead(system: System): Promise<void> {
  const client = new Client(findRunningPostgres(join(system.files.serverData, 'postgres')));
  client.on('error', () => {});
  await client.connect();
  await client.query(`
    alter table entries add column of_the_future text not null default 'x';
    create table future_things (id text primary key);
    insert into schema_migrations (version, name) values (9999, 'from-the-future')`);
  await client.end();
}

const MISHAPS: readonly { readonly name: string; readonly happen: (cluster: Cluster) => Promise<void> }[] = [
  {
    name: 'the first server is killed and comes back',
    happen: async (cluster) => {
      await cluster.system.server.kill();
      await makeEntries(cluster, cluster.second.admin, '/killed');
      await cluster.system.startServer();
    },
  },
  {
    name: 'Postgres is killed and started again',
    happen: async (cluster) => {
      process.kill(cluster.system.postmasterPid(), 'SIGKILL');
      await makeEntries(cluster, cluster.second.admin, '/database');
    },
  },
  {
    name: 'a later program migrates the schema, and servers of before run and start on it, one after the other',
    happen: async (cluster) => {
      const { system, second } = cluster;
      await migrateAhead(system);
      await makeEntries(cluster, second.admin, '/migrated');
      await second.kill();
      second.launch();
      await eventually('second', async () => (await second.isHealthy()) || undefined, BACK_MS);
      await system.server.stop();
      await system.startServer();
      await makeEntries(cluster, system.admin, '/restarted');
    },
  },
  ...[CLOCKS_APART_SECONDS, -CLOCKS_APART_SECONDS].map((seconds) => ({
    name: `the second server is started again, its clock ${seconds} s ahead`,
    happen: async (cluster: Cluster): Promise<void> => {
      const { system, second } = cluster;
      await second.kill();
      second.launch(seconds);
      await eventually('second', async () => (await second.isHealthy()) || undefined, BACK_MS);
      await makeEntries(cluster, second.admin, `/clock${seconds}`);
      await system.server.kill(); // whoever was with the first goes to the second; the database lives on
      await makeEntries(cluster, second.admin, `/clock${seconds}/alone`);
      await allHaveAll(cluster);
      await system.startServer();
    },
  })),
];

async function checkServers({ system, second, entryIds }: Cluster): Promise<void> {
  const all = entryIds.flat().sort();
  for (const admin of [system.admin, second.admin]) {
    const listed = await eventually('a list', () => admin.listEntries().catch(() => undefined), BACK_MS);
    assert.deepEqual([...listed.keys()].sort(), all);
  }
}

test('through kills, restarts and an upgrade no agent loses an SVID, none signs twice, no entry is lost or seen twice', async (t) => {
  const system = await System.startWithoutAgent({ logLevel: 'WARN' });
  const ends: (() => unknown)[] = [() => system.stop()];
  try {
    const second = await SecondServer.start(system);
    ends.unshift(() => second.close());
    const balancer = await Balancer.start([system.files.port, second.port]);
    ends.unshift(() => balancer.close());
    const agents = new Agents(system, balancer.port);
    ends.unshift(() => agents.stop());
    const tokens = await agents.tokens(AGENTS);
    await agents.attest(tokens, CALLERS);
    const entryIds = await registerAll(system, tokens);
    const cluster = { system, second, agents, tokens, entryIds };
    await agents.expectLoss(true);
    await agents.follow(CALLERS);
    await allHaveAll(cluster);
    for (const { name, happen } of MISHAPS) {
      await happen(cluster);
      await allHaveAll(cluster);
      const { signed, lost, failures } = await agents.figures();
      t.diagnostic(`${name}: ${JSON.stringify(failures)}`);
      assert.equal(lost, 0, name);
      assert.equal(signed, entryIds.flat().length, `${name}: each entry's SVID was signed once`);
    }
    await checkServers(cluster);
  } finally {
    for (const end of ends) await end();
  }
});

async function registerAll(system: System, tokens: readonly string[]): Promise<string[][]> {
  const entryIds: string[][] = [];
  for (const [at, token] of tokens.entries()) {
    const parentId = system.idOf(`/spire/agent/join_token/${token}`);
    const entries = Array.from({ length: ENTRIES_EACH }, (_, nth) => ({
      spiffeId: system.idOf(`/service/${at}/${nth}`),
      parentId,
      selectors: [`unix:uid:${at + 2}`],
    }));
    entryIds.push([...(await system.admin.createEntries(entries))]);
  }
  return entryIds;
}
