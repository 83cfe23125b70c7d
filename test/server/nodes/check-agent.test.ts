import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PresentedAgent } from '../../../server/nodes/check-agent.ts';
import { AgentCheck } from '../../../server/nodes/check-agent.ts';
import type { Node } from '../../../server/nodes/node.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeNodeStore } from '../../fakes/node-store.ts';
import { id, makeNode } from '../entries/make-entry.ts';

const PATH = '/spire/agent/join_token/x';
const certificate = (serialNumber: string) => ({ serialNumber, expiresAt: new Date('2026-01-01T01:00:00Z') });
const active = makeNode(PATH, { current: certificate('1') });
const renewed = makeNode(PATH, { current: certificate('1'), pending: certificate('2') });
const promoted = makeNode(PATH, { current: certificate('2') });
const banned = makeNode(PATH, { current: undefined });

interface Case {
  readonly name: string;
  /** What the cache has, and whether that is fresh. */
  readonly cached: Node | undefined;
  readonly isFresh?: boolean;
  /** What the database has; `away`: it does not answer. */
  readonly stored: Node | undefined | 'away';
  readonly presents: string;
  readonly expected: Node | string;
  readonly finds: number;
}

const cases: readonly Case[] = [
  {
    name: 'the active one, from the cache',
    cached: active,
    stored: 'away',
    presents: '1',
    expected: active,
    finds: 0,
  },
  {
    name: 'the old one while a pending one is not used, from the cache',
    cached: renewed,
    stored: 'away',
    presents: '1',
    expected: renewed,
    finds: 0,
  },
  {
    name: 'one that the cache does not know yet, from the row',
    cached: undefined,
    stored: active,
    presents: '1',
    expected: active,
    finds: 1,
  },
  {
    name: 'one that was activated through another server, from the row',
    cached: active,
    stored: promoted,
    presents: '2',
    expected: promoted,
    finds: 1,
  },
  {
    name: 'one that was unbanned, from the row',
    cached: banned,
    stored: active,
    presents: '1',
    expected: active,
    finds: 1,
  },
  {
    name: 'a pending one, which becomes the active one',
    cached: renewed,
    stored: renewed,
    presents: '2',
    expected: promoted,
    finds: 1,
  },
  {
    name: 'a pending one that the cache does not know yet',
    cached: active,
    stored: renewed,
    presents: '2',
    expected: promoted,
    finds: 1,
  },
  {
    name: 'one that another server activated just now',
    cached: renewed,
    stored: promoted,
    presents: '2',
    expected: promoted,
    finds: 1,
  },
  {
    name: 'the active one, from the row when the cache is stale',
    cached: active,
    isFresh: false,
    stored: active,
    presents: '1',
    expected: active,
    finds: 1,
  },
  {
    name: 'one without a node',
    cached: undefined,
    stored: undefined,
    presents: '1',
    expected: 'AGENT_NOT_ATTESTED',
    finds: 1,
  },
  {
    name: 'one whose node was evicted, which the stale cache does not know',
    cached: active,
    isFresh: false,
    stored: undefined,
    presents: '1',
    expected: 'AGENT_NOT_ATTESTED',
    finds: 1,
  },
  {
    name: 'one of a banned node',
    cached: banned,
    stored: banned,
    presents: '1',
    expected: 'AGENT_BANNED',
    finds: 1,
  },
  {
    name: 'one of a banned node that the stale cache does not know',
    cached: active,
    isFresh: false,
    stored: banned,
    presents: '1',
    expected: 'AGENT_BANNED',
    finds: 1,
  },
  {
    name: 'one with no serial number of a banned node',
    cached: banned,
    stored: banned,
    presents: '',
    expected: 'AGENT_BANNED',
    finds: 1,
  },
  {
    name: 'one that was replaced',
    cached: promoted,
    stored: promoted,
    presents: '1',
    expected: 'AGENT_NOT_ACTIVE',
    finds: 1,
  },
  {
    name: 'any when cache and database cannot tell',
    cached: active,
    isFresh: false,
    stored: 'away',
    presents: '1',
    expected: 'DATABASE_UNAVAILABLE',
    finds: 1,
  },
  {
    name: 'one that only the cache would refuse',
    cached: undefined,
    stored: 'away',
    presents: '1',
    expected: 'DATABASE_UNAVAILABLE',
    finds: 1,
  },
];

function makeCheck({ cached, isFresh = true, stored }: Pick<Case, 'cached' | 'isFresh' | 'stored'>) {
  const store = new FakeNodeStore();
  if (stored === 'away') store.failure = new Error('connection refused by db.internal');
  else if (stored !== undefined) store.feed.put(stored.id.toString(), stored);
  const asked: number[] = [];
  const refresh = { isFresh: (maxAgeMs: number) => asked.push(maxAgeMs) > 0 && isFresh };
  const parts = { cache: { find: () => cached }, refresh, store, clock: new FakeClock() };
  return { store, asked, check: (ms = 0) => new AgentCheck({ ...parts, maxStalenessMs: ms }) };
}

const presenting = (serialNumber: string, fields: Partial<PresentedAgent> = {}): PresentedAgent => ({
  id: id(PATH),
  serialNumber,
  certificateExpiresAt: new Date('2026-01-01T00:30:00Z'),
  ...fields,
});

for (const one of cases) {
  const verb = typeof one.expected === 'string' ? `refuses (${one.expected})` : 'accepts';
  test(`${verb} ${one.name}`, async () => {
    const { store, check } = makeCheck(one);
    const checked = check().checkAgent(presenting(one.presents));
    if (typeof one.expected === 'string') {
      const code = one.expected === 'DATABASE_UNAVAILABLE' ? 14 : 7;
      await assert.rejects(checked, { code, reason: one.expected, message: /^agent (?!.*db\.internal)/ });
    } else {
      assert.deepEqual(await checked, one.expected);
      if (one.stored !== 'away') assert.deepEqual(await store.find(id(PATH)), one.expected);
    }
    assert.equal(
      store.finds,
      one.finds + (typeof one.expected !== 'string' && one.stored !== 'away' ? 1 : 0),
    );
  });
}

test('refuses a certificate past its end before anything is asked', async () => {
  const { store, check } = makeCheck({ cached: active, stored: active });
  const expired = presenting('1', { certificateExpiresAt: new Date('2026-01-01T00:00:00Z') });
  await assert.rejects(check().checkAgent(expired), {
    code: 7,
    reason: 'AGENT_EXPIRED',
    message: 'agent "spiffe://td/spire/agent/join_token/x" SVID is expired',
  });
  assert.equal(store.finds, 0);
});

test('the configured staleness lengthens the five seconds and never shortens them', async () => {
  const { asked, check } = makeCheck({ cached: active, stored: active });
  for (const ms of [0, 4_000, 60_000]) await check(ms).checkAgent(presenting('1'));
  assert.deepEqual(asked, [5_000, 5_000, 60_000]);
});

test('an agent that asks many times at once costs two reads', async () => {
  const { store, check } = makeCheck({ cached: banned, stored: banned });
  const checks = check();
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, () => checks.checkAgent(presenting('1'))),
  );
  assert.ok(answers.every(({ status }) => status === 'rejected'));
  assert.equal(store.finds, 2);
});

test('of two servers that see a pending certificate first used, one activates it and both accept it', async () => {
  const { store, check } = makeCheck({ cached: renewed, stored: renewed });
  const answers = await Promise.all([check(), check()].map((one) => one.checkAgent(presenting('2'))));
  assert.deepEqual(answers, [promoted, promoted]);
  assert.deepEqual(await store.find(id(PATH)), promoted);
});
