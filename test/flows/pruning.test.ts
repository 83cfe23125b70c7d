import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEntry, newNode } from '../contracts/samples.ts';
import { systemRandom } from '../../shared/random.ts';
import { type FlowServer, Testbed } from '../fakes/testbed.ts';
import { asIs } from '../fakes/paging.ts';

const PAST = new Date('2025-12-01T00:00:00Z');
const pruneNodes = { expiredForSeconds: 3_600, batchSize: 1_000, includesTofu: true };

const PRUNED = [
  'expired entries pruned',
  'records of agents that expired long ago deleted',
  'join tokens that nobody used deleted',
];

test('of two servers one prunes, each thing once; who follows a server that is gone waits for its lease', async (t) => {
  const bed = await Testbed.open(t);
  const store = await bed.database.open({ clock: bed.clock });
  const database = bed.database.database();
  t.after(() => database.close());
  const fill = async (name: string): Promise<void> => {
    await store.entries.create([newEntry(name, { expiresAt: PAST })]);
    await store.joinTokens.create({ value: name, expiresAt: PAST }, newEntry(`alias-${name}`));
    await store.nodes.attest(newNode(name, { current: { serialNumber: '1', expiresAt: PAST } }), undefined);
  };
  const left = async (): Promise<readonly number[]> => [
    (await store.entries.list({}, { pageSize: 0, pageToken: '' }, asIs)).items.filter(
      ({ expiresAt }) => expiresAt,
    ).length,
    await store.nodes.count({}),
  ];
  const said = (...servers: readonly FlowServer[]): readonly string[] =>
    servers.flatMap(({ log }) => log.messages('info').filter((message) => PRUNED.includes(message))).sort();

  await fill('one');
  const [a, b] = [
    await bed.startServer('a', { config: { pruneNodes } }),
    await bed.startServer('b', { config: { pruneNodes } }),
  ];
  await bed.pass(1);
  assert.deepEqual(await left(), [0, 0]);
  assert.deepEqual(said(a, b), [...PRUNED].sort());
  const changed = await database.query('select item_id from changes where item_id is not null');
  assert.equal(new Set(changed.map((row) => row['item_id'])).size, 3, 'entry, alias and node');

  await a.stop();
  await b.stop();
  await fill('two');
  const crashed = async (expires: string): Promise<void> => {
    await database.transaction('read committed', (tx) =>
      tx.query(`update leases set holder = $1, done_at = null, expires_at = ${expires}`, [
        systemRandom.uuid(),
      ]),
    );
  };
  await crashed("now() + interval '1 hour'");
  const c = await bed.startServer('c', { config: { pruneNodes } });
  await bed.pass(61);
  assert.deepEqual(await left(), [1, 1]);
  await crashed('now()');
  await bed.pass(60);
  assert.deepEqual(await left(), [0, 0]);
  assert.deepEqual(said(c), [...PRUNED].sort());
});
