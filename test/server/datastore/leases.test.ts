/** What a lease guards in Postgres: nothing is pruned by a server whose lease has run out, or while another is at it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdLease } from '../../../server/datastore/leases.ts';
import type { Fence } from '../../../server/housekeeping/lease-store.ts';
import { Code } from '../../../shared/errors.ts';
import { systemRandom } from '../../../shared/random.ts';
import { id, newEntry, newNode, trustDomain } from '../../contracts/samples.ts';
import { testDatabase } from '../../fakes/database.ts';

const PAST = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');

test('every kind of pruning stops where its lease is another’s', async (t) => {
  const tests = await testDatabase(t);
  const store = await tests.open();
  const database = tests.database();
  t.after(() => database.close());
  await store.entries.create([newEntry('expired', { id: 'expired', expiresAt: PAST })]);
  await store.joinTokens.create({ value: 'token', expiresAt: PAST }, undefined);
  const node = newNode('n', { current: { serialNumber: '1', expiresAt: PAST } });
  await store.nodes.attest(node, undefined);
  const lost: Fence = { name: 'sweep', holder: systemRandom.uuid() };
  const own = trustDomain('example.org');
  for (const deed of [
    () => store.entries.prune(NOW, lost),
    () => store.bundles.prune(own, NOW, lost),
    () => store.journals.prune(NOW, lost),
    () => store.pruneChanges(lost),
    () => store.nodePruning.pruneNodes({ expiredBefore: NOW, includesTofu: true, limit: 9 }, lost),
    () => store.nodePruning.pruneTokens(own, NOW, lost),
  ])
    await assert.rejects(deed(), { code: Code.aborted, message: /lease "sweep" has run out/ });
  assert.equal(await store.entries.count({}), 1);
  assert.notEqual(await store.nodes.find(id('/spire/agent/test/n')), undefined);
  assert.notEqual(await store.joinTokens.find('token'), undefined);
  const taken = await store.leases.take({ name: 'sweep', now: NOW, restMs: 0 });
  if (typeof taken === 'string') assert.fail(taken);
  assert.equal(await store.entries.prune(NOW, taken), 1);
});

test('while a transaction is under way by a lease, nobody else can take it, however long it lasts', async (t) => {
  const tests = await testDatabase(t);
  const [one, two] = [await tests.open({ random: systemRandom }), await tests.open({ random: systemRandom })];
  const database = tests.database();
  t.after(() => database.close());
  const request = { name: 'sweep', now: NOW, restMs: 0 };
  const fence = await one.leases.take(request);
  if (typeof fence === 'string') assert.fail(fence);
  const order: string[] = [];
  let second: Promise<void> | undefined;
  await database.transaction('read committed', async (tx) => {
    await holdLease(tx, fence);
    await tx.query('update leases set expires_at = now() where name = $1', ['sweep']); // it lasts longer than the lease
    second = two.leases
      .take(request)
      .then((taken) => void order.push(typeof taken === 'string' ? taken : 'taken'));
    await waitUntilBlocked(tx);
    order.push('committed');
  });
  await second;
  assert.deepEqual(order, ['committed', 'taken']);
});

/** Until somebody waits for a lock that this transaction holds. */
async function waitUntilBlocked(tx: { query(sql: string): Promise<{ blocked?: boolean }[]> }): Promise<void> {
  for (let isBlocked = false; !isBlocked; ) {
    const [row] = await tx.query(
      'select exists (select 1 from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))) as blocked',
    );
    isBlocked = row?.blocked === true;
  }
}
