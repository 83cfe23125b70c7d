/** What every NodePruning does. Run on Postgres and on the fake by node-pruning.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryStore } from '../../server/entries/entry-store.ts';
import type { JoinTokenStore } from '../../server/nodes/join-token-store.ts';
import type { Node } from '../../server/nodes/node.ts';
import type { NodePruning } from '../../server/nodes/node-pruning.ts';
import type { NodeStore } from '../../server/nodes/node-store.ts';
import type { Ending } from '../fakes/database.ts';
import { id, newEntry, newNode, selectors, trustDomain } from './samples.ts';
import { asIs } from '../fakes/paging.ts';

export interface PrunableStores {
  readonly nodes: NodeStore;
  readonly entries: EntryStore;
  readonly joinTokens: JoinTokenStore;
  readonly nodePruning: NodePruning;
}

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-01-01T12:00:00Z');
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR_MS);
const ALL = { pageSize: 0, pageToken: '' };
const own = trustDomain('example.org');

const expired = (name: string, hours: number, fields: Partial<Node> = {}): Node =>
  newNode(name, {
    current: { serialNumber: '1', expiresAt: ago(hours) },
    canReattest: true,
    ...fields,
  });

const aliasOf = (agent: string, name: string) =>
  newEntry(name, {
    id: name,
    parentId: id(agent),
    selectors: selectors(`spiffe_id:spiffe://example.org${agent}`),
  });

export function nodePruningContract(open: (t: Ending) => Promise<PrunableStores>): void {
  const names = async ({ nodes }: PrunableStores): Promise<string> =>
    (await nodes.list({}, ALL, asIs)).items
      .map((node) => node.id.path.split('/').at(-1))
      .sort()
      .join(' ');

  test('nodes that expired long ago go, but for banned ones, and those that come back by themselves', async (t) => {
    const stores = await open(t);
    for (const node of [
      expired('long', 3),
      expired('just', 2),
      expired('fresh', -1),
      expired('tofu', 3, { canReattest: false }),
      expired('banned', 3),
      expired('renewed', 3),
    ])
      await stores.nodes.attest(node, undefined);
    await stores.nodes.remove(expired('banned', 3).id, 'ban');
    await stores.nodes.setPending(expired('renewed', 3).id, { serialNumber: '2', expiresAt: ago(-1) });
    const which = { expiredBefore: ago(2), includesTofu: false, limit: 100 };
    assert.equal(await stores.nodePruning.pruneNodes(which), 1);
    assert.equal(await names(stores), 'banned fresh just renewed tofu');
    assert.equal(await stores.nodePruning.pruneNodes({ ...which, includesTofu: true }), 1);
    assert.equal(await names(stores), 'banned fresh just renewed');
    assert.equal(await stores.nodePruning.pruneNodes({ ...which, includesTofu: true }), 0);
  });

  test('at most so many go at a time, those that expired first before others', async (t) => {
    const stores = await open(t);
    for (const [at, name] of ['c', 'a', 'd', 'b'].entries())
      await stores.nodes.attest(expired(name, 10 + at), undefined);
    const which = { expiredBefore: ago(1), includesTofu: false, limit: 3 };
    assert.equal(await stores.nodePruning.pruneNodes(which), 3);
    assert.equal(await names(stores), 'c');
  });

  test('with a node that joined by token goes the entry that was made with the token, and no other', async (t) => {
    const stores = await open(t);
    const agent = '/spire/agent/join_token/x';
    const joined = expired('x', 3, { id: id(agent), attestationType: 'join_token' });
    await stores.nodes.attest(joined, undefined);
    await stores.entries.create([
      aliasOf(agent, 'alias'),
      newEntry('workload', { id: 'workload', parentId: id(agent) }),
    ]);
    await stores.nodePruning.pruneNodes({ expiredBefore: ago(1), includesTofu: true, limit: 9 });
    assert.equal(await stores.entries.find('alias'), undefined);
    assert.equal((await stores.entries.find('workload'))?.id, 'workload');
  });

  test('tokens that ended unused go, with their entries', async (t) => {
    const { joinTokens, entries, nodePruning } = await open(t);
    const agent = '/spire/agent/join_token/old';
    await joinTokens.create({ value: 'old', expiresAt: ago(3) }, aliasOf(agent, 'alias'));
    await joinTokens.create({ value: 'just', expiresAt: ago(2) }, undefined);
    await joinTokens.create({ value: 'fresh', expiresAt: ago(-1) }, newEntry('other', { id: 'other' }));
    assert.equal(await nodePruning.pruneTokens(own, ago(2)), 1);
    assert.equal(await joinTokens.find('old'), undefined);
    assert.equal(await entries.find('alias'), undefined);
    assert.equal((await joinTokens.find('just'))?.value, 'just');
    assert.equal((await entries.find('other'))?.id, 'other');
    assert.equal(await nodePruning.pruneTokens(own, ago(2)), 0);
  });
}
