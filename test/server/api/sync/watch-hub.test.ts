import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchResponse } from '../../../../proto/gen/writ/sync/v1/WatchResponse.ts';
import { WatchHub } from '../../../../server/api/sync/watch-hub.ts';
import { AuthorizedEntries } from '../../../../server/entries/authorized-entries.ts';
import type { Change } from '../../../../server/entries/change-feed.ts';
import type { Entry } from '../../../../server/entries/entry.ts';
import type { Bundle } from '../../../../shared/bundle/bundle.ts';
import { Code, permissionDenied, type Reason } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/log/logger.ts';
import { FakeClock, settle } from '../../../fakes/clock.ts';
import { makeEntry, makeNode, td } from '../../entries/make-entry.ts';

const at = (n: number, epoch = 'e1') => ({ epoch, n, tag: `${epoch}-${n}` });

function world() {
  const clock = new FakeClock();
  const index = new AuthorizedEntries({ trustDomain: td, clock, log: silentLogger });
  index.load().install(at(1));
  const bundleListeners = new Set<() => void>();
  const bundle = { sequenceNumber: 1 };
  const state = { denial: undefined as Reason | undefined, isFresh: true };
  const hub = new WatchHub({
    index,
    bundle: {
      current: () => bundle as Bundle,
      onChange: (listener) => {
        const tell = (): void => listener(bundle as Bundle);
        bundleListeners.add(tell);
        return () => bundleListeners.delete(tell);
      },
    },
    agents: {
      checkAgent: async ({ id }) => {
        if (state.denial !== undefined) throw permissionDenied('no', { reason: state.denial });
        return makeNode(id.path);
      },
    },
    nodesRefresh: { isFresh: () => state.isFresh },
    clock,
  });
  const change = (n: number, path: string): void => {
    const item = makeEntry({ id: `e${n}`, spiffeId: `/w${n}`, parentId: path });
    const changes: readonly Change<Entry>[] = [{ kind: 'put', id: item.id, item }];
    index.apply(changes, at(n));
  };
  const publish = (sequenceNumber: number): void => {
    bundle.sequenceNumber = sequenceNumber;
    for (const listener of bundleListeners) listener();
  };
  return { clock, index, hub, state, change, publish };
}

type World = ReturnType<typeof world>;

function open({ hub }: World, path: string, onSend: () => Promise<void> = async () => {}) {
  const told: string[] = [];
  const gone = new AbortController();
  const node = makeNode(path);
  const svid = {
    id: node.id,
    certificates: [],
    issuedAt: new Date(0),
    expiresAt: new Date(0),
    serialNumber: '1',
  };
  const ended = hub.watch({
    agent: { node, svid },
    send: async (response: WatchResponse) => {
      const { epoch, entries_changed_at: changedAt, bundle_sequence: sequence } = response;
      told.push([epoch, changedAt, sequence].join('/'));
      await onSend();
    },
    signal: gone.signal,
  });
  ended.catch(() => {});
  return { told, ended, gone };
}

const A = '/spire/agent/a';
const B = '/spire/agent/b';

test('an agent is told its state at once, and when its own entries changed', async () => {
  const w = world();
  const a = open(w, A);
  const b = open(w, B);
  await settle();
  w.change(2, A);
  await settle();
  w.change(3, B);
  await settle();
  assert.deepEqual(a.told, ['e1/1/1', 'e1/2/1']);
  assert.deepEqual(b.told, ['e1/1/1', 'e1/3/1']);
});

test('every agent is told of a new bundle and of a new history', async () => {
  const w = world();
  await w.hub.start(new AbortController().signal);
  const a = open(w, A);
  await settle();
  w.publish(2);
  await settle();
  w.index.load().install(at(1, 'e2'));
  await settle();
  assert.deepEqual(a.told, ['e1/1/1', 'e1/1/2', 'e2/1/2']);
});

test('what happens while a message is under way is told as one, the newest', async () => {
  const w = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const a = open(w, A, () => promise);
  await settle();
  for (let n = 2; n <= 50; n++) w.change(n, A);
  await settle();
  assert.deepEqual(a.told, ['e1/1/1']);
  resolve();
  await settle();
  assert.deepEqual(a.told, ['e1/1/1', 'e1/50/1']);
});

test('thousands are told a hundred at a time', async () => {
  const w = world();
  await w.hub.start(new AbortController().signal);
  let sent = 0;
  let most = 0;
  const count = async (): Promise<void> => {
    sent += 1;
  };
  for (let i = 0; i < 1_000; i++) open(w, `${A}${i}`, count);
  await settle();
  sent = 0;
  w.publish(2);
  for (let turns = 0; sent < 1_000 && turns < 100; turns++) {
    const before = sent;
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, sent - before);
  }
  assert.equal(sent, 1_000);
  assert.ok(most <= 100, `${most} in one turn`);
});

test('a stream ends with its call, and leaves nothing behind', async () => {
  const w = world();
  const a = open(w, A);
  await settle();
  a.gone.abort(new Error('gone'));
  await assert.rejects(a.ended, /gone/);
  assert.equal(w.hub.size, 0);
  w.change(2, A);
  await settle();
  assert.deepEqual(a.told, ['e1/1/1']);
});

for (const [reason, code] of [
  ['AGENT_BANNED', Code.permissionDenied],
  ['AGENT_NOT_ATTESTED', Code.permissionDenied],
  ['AGENT_EXPIRED', Code.permissionDenied],
  ['AGENT_NOT_ACTIVE', Code.unavailable],
] as const) {
  test(`a stream whose agent is ${reason} ends within five seconds`, async () => {
    const w = world();
    await w.hub.start(new AbortController().signal);
    const a = open(w, A);
    w.state.denial = reason;
    await w.clock.advance(5_000);
    await assert.rejects(a.ended, { code });
    assert.equal(w.hub.size, 0);
  });
}

test('streams are left alone while the nodes in memory are not fresh', async () => {
  const w = world();
  open(w, A);
  w.state.denial = 'AGENT_BANNED';
  w.state.isFresh = false;
  await w.hub.recheck();
  assert.equal(w.hub.size, 1);
});

test('an agent has four streams at most: the oldest gives way', async () => {
  const w = world();
  const streams = Array.from({ length: 6 }, () => open(w, A));
  await assert.rejects(streams[0]?.ended ?? Promise.resolve(), { code: Code.aborted });
  await assert.rejects(streams[1]?.ended ?? Promise.resolve(), { code: Code.aborted });
  assert.equal(w.hub.size, 4);
});
