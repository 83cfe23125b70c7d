import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import type { Entry } from '../../../server/entries/entry.ts';
import type { Agent } from '../../../server/entries/entry-graph.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { id, makeAgent, makeEntry, SERVER, selectors, td } from './make-entry.ts';

function setUp() {
  const clock = new FakeClock();
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (message) => errors.push(message), child: () => log };
  const index = new AuthorizedEntries({ trustDomain: td, clock, log });
  let n = 0;
  const at = () => ({ epoch: 'e', n, tag: `tag-${n}` });
  index.load().install(at());
  const put = (...items: Entry[]): void => {
    n += items.length;
    index.apply(
      items.map((item) => ({ kind: 'put', id: item.id, item })),
      at(),
    );
  };
  const remove = (...ids: string[]): void => {
    n += ids.length;
    index.apply(
      ids.map((entryId) => ({ kind: 'delete', id: entryId })),
      at(),
    );
  };
  return { clock, errors, index, put, remove };
}

const entry = (entryId: string, parentId: string, spiffeId = `/${entryId}`): Entry =>
  makeEntry({ id: entryId, spiffeId, parentId });
const alias = (entryId: string, spiffeId: string, ...texts: string[]): Entry =>
  makeEntry({ id: entryId, spiffeId, parentId: SERVER, selectors: texts });
const idsOf = (index: AuthorizedEntries, agent: Agent): string =>
  index
    .entriesOf(agent)
    .map((one) => one.id)
    .sort()
    .join(' ');

test('an agent gets what hangs below it and below the aliases that it satisfies, not the aliases', () => {
  const { index, put } = setUp();
  put(
    entry('own', '/spire/agent/a'),
    entry('below-own', '/own'),
    alias('alias', '/node', 't:1', 't:2'),
    entry('shared', '/node'),
    alias('other', '/other', 't:3'),
    entry('unreached', '/other'),
  );
  assert.equal(idsOf(index, makeAgent('/spire/agent/a', 't:1', 't:2')), 'below-own own shared');
  assert.equal(idsOf(index, makeAgent('/spire/agent/b', 't:1', 't:2', 't:3')), 'shared unreached');
  assert.equal(idsOf(index, makeAgent('/spire/agent/b', 't:1')), '');
  assert.equal(index.isAuthorized(makeAgent('/spire/agent/a', 't:1'), 'below-own')?.id, 'below-own');
  assert.equal(index.isAuthorized(makeAgent('/spire/agent/a', 't:1'), 'shared'), undefined);
  assert.equal(index.isAuthorized(makeAgent('/spire/agent/a', 't:1', 't:2'), 'alias'), undefined);
});

test('nobody gets the aliases by having the ID of the server, nor anything with an ID of another trust domain', () => {
  const { index, put } = setUp();
  put(alias('alias', '/node', 't:1'), entry('e', '/spire/agent/a'));
  assert.equal(idsOf(index, makeAgent(SERVER)), '');
  assert.equal(idsOf(index, makeAgent('spiffe://other/spire/agent/a')), '');
  assert.deepEqual(index.entriesBearing(id('spiffe://other/node')), []);
});

test('entries that give an ID are found by it, for admin and downstream', () => {
  const { index, put, clock } = setUp();
  const expiresAt = new Date(clock.now().getTime() + 1_000);
  put(entry('one', '/p', '/x'), entry('two', '/q', '/x'), { ...entry('old', '/p', '/x'), expiresAt });
  const found = () =>
    index
      .entriesBearing(id('/x'))
      .map((one) => one.id)
      .sort();
  assert.deepEqual(found(), ['old', 'one', 'two']);
  assert.deepEqual(index.find('old'), { ...entry('old', '/p', '/x'), expiresAt });
  clock.jump(expiresAt);
  assert.deepEqual(found(), ['one', 'two']);
  assert.equal(index.find('old'), undefined);
});

test('a chain of a hundred thousand entries is walked without overflowing', () => {
  const { index, put } = setUp();
  put(
    ...Array.from({ length: 100_000 }, (_, at) =>
      entry(`w${at}`, at === 0 ? '/spire/agent/a' : `/w${at - 1}`),
    ),
  );
  assert.equal(index.entriesOf(makeAgent('/spire/agent/a')).length, 100_000);
});

test('what is emptied and filled again stays, however many others are emptied after it', () => {
  const { index, put, remove } = setUp();
  const again = [entry('own', '/spire/agent/a'), alias('alias', '/node', 't:1'), entry('shared', '/node')];
  put(...again, entry('below', '/own'));
  remove('own', 'alias', 'shared', 'below');
  put(...again);
  for (let at = 0; at < 10_500; at += 1) {
    put(entry('passing', `/spire/agent/${at}`), alias('passing-alias', `/n/${at}`, `t:n${at}`));
    remove('passing', 'passing-alias');
  }
  put(entry('more', '/spire/agent/a'), entry('more-shared', '/node'), alias('second', '/node-2', 't:1'));
  put(entry('shared-2', '/node-2'), entry('below', '/own'));
  assert.equal(
    idsOf(index, makeAgent('/spire/agent/a', 't:1')),
    'below more more-shared own shared shared-2',
  );
});

test('a watcher that closes or fails leaves the others told', () => {
  const { index, put, errors } = setUp();
  const told: string[] = [];
  const agent = makeAgent('/spire/agent/a');
  const closed = index.watch(agent, () => told.push('closed'));
  index.watch(agent, () => {
    throw new Error('broken');
  });
  const last = index.watch(agent, (n, epoch) => told.push(`${epoch}/${n}`));
  closed.close();
  put(entry('e', '/spire/agent/a'));
  assert.deepEqual(told, ['e/1']);
  assert.deepEqual(errors, ['entry watcher failed']);
  assert.equal(last.changedAt, 1);
});

test('a watcher may read the index and its position while it is told', () => {
  const { index, put } = setUp();
  const agent = makeAgent('/spire/agent/a');
  const seen: string[] = [];
  index.watch(agent, (n) => seen.push(`${n} ${index.position?.n} ${idsOf(index, agent)}`));
  put(entry('e', '/spire/agent/a'), entry('f', '/e'));
  assert.deepEqual(seen, ['2 2 e f']);
});

test('a watcher follows its node to other selectors', () => {
  const { index, put } = setUp();
  put(alias('alias', '/node', 't:1'));
  const told: number[] = [];
  const agent = makeAgent('/spire/agent/a');
  index.watch(agent, (n) => told.push(n));
  put(entry('e', '/node'));
  assert.deepEqual(told, []);
  index.setAgentSelectors(agent.id, selectors('t:1'));
  put(entry('f', '/node'));
  assert.deepEqual(told, [2, 3]);
});
