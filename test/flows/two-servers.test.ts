import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { hearsNotifications } from '../fakes/database.ts';
import type { FlowAgent, Watch } from '../fakes/flow-agent.ts';
import { FakeRandom } from '../fakes/random.ts';
import { type FlowServer, Testbed } from '../fakes/testbed.ts';
import { seed } from '../seed.ts';

const WORKLOAD = 'unix:uid:7';
const MOVES = 25;

interface Story {
  readonly bed: Testbed;
  readonly a: FlowServer;
  readonly b: FlowServer;
  readonly agent: FlowAgent;
  readonly watch: Watch;
}

async function start(t: Parameters<typeof Testbed.open>[0], hearsHints = false): Promise<Story> {
  const bed = await Testbed.open(t);
  const [a, b] = [await bed.startServer('a', { hearsHints }), await bed.startServer('b', { hearsHints })];
  const agent = await bed.startAgent('agent', { server: a });
  const watch = agent.watch(WORKLOAD);
  await bed.pass(1);
  return { bed, a, b, agent, watch };
}

const create = ({ bed, agent }: Story, server: FlowServer, path: string): Promise<string> =>
  bed.createEntry(server, { path, parent: agent.path, selectors: [WORKLOAD] });

const lastError = ({ agent }: Story): string | undefined => agent.identities.syncState().lastSyncError;

test('an agent that saw a change at one server makes another one catch up before it answers', async (t) => {
  const story = await start(t);
  const { bed, a, b, agent, watch } = story;
  await create(story, a, '/web');
  await bed.pass(1);
  b.database.holdFeed('entries');
  await bed.pass(1.5); // the poll of b is under way and gets no answer
  await create(story, a, '/new');
  await bed.passUntil(() => watch.paths()?.length === 2, 2);

  await bed.reconnect(agent, b);
  await bed.passUntil(() => /the database does not answer/.test(lastError(story) ?? ''), 30);
  assert.deepEqual(watch.paths(), ['/new', '/web']);
  const errors = agent.log.lines.map(({ fields }) => String(fields['error'])).join();
  assert.doesNotMatch(errors, /older than/); // it is the server that knows that it is behind
  b.database.restore();
  await bed.passUntil(() => lastError(story) === undefined, 30);
  assert.deepEqual(watch.paths(), ['/new', '/web']);
  await create(story, b, '/third');
  await bed.passUntil(() => watch.paths()?.length === 3, 3);
});

test('an agent takes nothing from a server that reads an older world without knowing it', async (t) => {
  const story = await start(t);
  const { bed, a, b, agent, watch } = story;
  const id = await create(story, a, '/web');
  await bed.pass(1);
  b.database.freeze('entries');
  await bed.deleteEntry(a, id);
  await create(story, a, '/new');
  await bed.passUntil(() => watch.paths()?.join() === '/new', 2);

  await bed.reconnect(agent, b);
  await bed.passUntil(() => lastError(story) !== undefined, 10);
  assert.match(lastError(story) ?? '', /older than change/);
  await bed.pass(70);
  assert.deepEqual(watch.paths(), ['/new']);
  assert.ok(b.log.messages('warn').includes('a caller has seen a position that is not in this history'));
  b.database.restore();
  await bed.passUntil(() => lastError(story) === undefined, 60);
  assert.deepEqual(watch.paths(), ['/new']);
});

test('a server that has not heard of entries for five seconds issues nothing by what it remembers', async (t) => {
  const story = await start(t);
  const { bed, a, b, agent, watch } = story;
  const id = await create(story, a, '/web');
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  a.database.holdFeed('entries');
  await bed.deleteEntry(b, id);
  const [told] = watch.latest().identities;
  await bed.pass(80); // it comes up for renewal
  assert.equal(watch.latest().identities[0], told);
  const failures = agent.log.lines.filter(({ message }) => message === 'failed to get SVIDs');
  assert.match(String(failures[0]?.fields['error']), /the database does not answer/);
  a.database.restore();
  await bed.passUntil(() => watch.paths()?.length === 0, 60);
});

test('a server that is behind does not sign for what an entry was before', async (t) => {
  const story = await start(t);
  const { bed, a, b, agent } = story;
  const selectors = ['unix:uid:8'];
  const additional_attributes = { disable_x509_svid_prefetch: true }; // signed for only when it is asked for
  const id = await bed.createEntry(a, {
    path: '/lazy',
    parent: agent.path,
    selectors,
    additional_attributes,
  });
  await bed.pass(2);
  b.database.holdFeed('entries');
  await bed.updateEntry(a, { id, dns_names: ['new.test'] });
  await bed.pass(1);
  await bed.reconnect(agent, b); // within five seconds: what b remembers counts as fresh
  const watch = agent.watch(...selectors);
  await bed.pass(4);
  assert.equal(watch.updates.length, 0);
  b.database.restore();
  await bed.passUntil(() => watch.paths()?.length === 1, 30);
  const [identity] = watch.updates[0]?.identities ?? [];
  assert.deepEqual(parseCertificate(identity?.chain[0] ?? assert.fail()).dnsSans, ['new.test']);
});

test('a new agent is known at once at the server that did not attest it', async (t) => {
  const story = await start(t);
  const { bed, a, b } = story;
  b.database.holdFeed('nodes');
  const agent = await bed.startAgent('second', { server: a });
  await bed.createEntry(a, { path: '/two', parent: agent.path, selectors: [WORKLOAD] });
  await bed.reconnect(agent, b);
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 30);
});

/** One move of the story below. */
async function move(story: Story, random: FakeRandom, turn: number): Promise<void> {
  const { bed, a, b, agent } = story;
  const pick = <Item>(...items: readonly Item[]): Item =>
    items[Math.floor(random.fraction() * items.length)] as Item;
  const server = pick(a, b);
  if (pick(true, false)) pick(a, b).database.holdFeed('entries');
  await bed.updateEntry(server, { id: 'counter', hint: `v${String(turn).padStart(3, '0')}` });
  await create(story, pick(a, b), `/at-${turn}`);
  if (turn % 3 === 0) await bed.deleteEntry(pick(a, b), `gone-${turn - 3}`);
  if (turn % 3 === 0) {
    const entry = { id: `gone-${turn}`, path: `/gone-${turn}`, parent: agent.path, selectors: [WORKLOAD] };
    await bed.createEntry(pick(a, b), entry);
  }
  await bed.pass(random.fraction() * 2);
  if (pick(true, true, false)) await bed.reconnect(agent, pick(a, b));
  await bed.pass(random.fraction() * 3);
  for (const { database } of [a, b]) database.restore();
  if (pick(true, false)) await bed.pass(1);
}

test('however an agent moves between servers that are behind now and then, its world only goes forward', async (t) => {
  const story = await start(t);
  const { bed, a, agent, watch } = story;
  const random = new FakeRandom(seed);
  const entry = { parent: agent.path, selectors: [WORKLOAD] };
  await bed.createEntry(a, { ...entry, id: 'counter', path: '/counter', hint: 'v000' });
  await bed.createEntry(a, { ...entry, id: 'gone-0', path: '/gone-0' });
  for (let turn = 1; turn <= MOVES; turn++) await move(story, random, turn);
  await bed.passUntil(() => lastError(story) === undefined, 60);
  await bed.pass(3);

  const hints = watch.updates.flatMap(({ identities }) =>
    identities.flatMap(({ hint }) => (hint === '' ? [] : [hint])),
  );
  assert.deepEqual(hints, [...hints].sort(), `seed ${seed}`);
  assert.equal(hints.at(-1), `v0${MOVES}`);
  const seen = watch.updates.map(
    ({ identities }) => new Set(identities.map(({ spiffeId }) => spiffeId.path)),
  );
  assertNoReturn(seen);
  const expected = [
    `/counter`,
    `/gone-${MOVES - (MOVES % 3)}`,
    ...Array.from({ length: MOVES }, (_, at) => `/at-${at + 1}`),
  ];
  assert.deepEqual(watch.paths(), expected.sort());
});

/** An identity that was taken away never shows again. */
function assertNoReturn(seen: readonly ReadonlySet<string>[]): void {
  const gone = new Set<string>();
  for (const [at, paths] of seen.entries()) {
    for (const path of seen[at - 1] ?? []) if (!paths.has(path)) gone.add(path);
    for (const path of paths) assert.ok(!gone.has(path), `${path} is back, seed ${seed}`);
  }
}

test('with NOTIFY what one server is told reaches the agent of the other without any time passing', {
  skip: hearsNotifications() ? false : 'a transaction pooler passes on no NOTIFY',
}, async (t) => {
  const story = await start(t, true);
  const { bed, b, watch } = story;
  const began = bed.clock.now();
  await create(story, b, '/web');
  await bed.clock.until(() => watch.paths()?.length === 1);
  assert.deepEqual(bed.clock.now(), began);
});
