/** The explanation agrees with the index, which decides: any graph of entries, any agents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import type { Entry } from '../../../server/entries/entry.ts';
import { explainEntry, type ExplainEntryParts } from '../../../server/explain/explain-entry.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import type { Node } from '../../../server/nodes/node.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { pageOf } from '../../fakes/paging.ts';
import { makeEntry, makeNode, SERVER, td } from '../entries/make-entry.ts';

const PATHS = [SERVER, '/spire/agent/a', '/spire/agent/b', '/x', '/y', '/z'];
const texts = fc.subarray(['t:1', 't:2', 't:3'], { minLength: 1 });
const clock = new FakeClock(new Date('2026-01-01T00:30:00Z'));

const entries = fc
  .array(
    fc.record({
      spiffeId: fc.constantFrom(...PATHS.slice(3)),
      parentId: fc.constantFrom(...PATHS),
      selectors: texts,
      isExpired: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((sketches) =>
    sketches.map(({ isExpired, ...sketch }, at) =>
      makeEntry({
        ...sketch,
        id: `e${at}`,
        ...(isExpired && at % 3 === 0 ? { expiresAt: new Date(0) } : {}),
      }),
    ),
  );

function partsOf(
  all: readonly Entry[],
  nodes: readonly Node[],
): ExplainEntryParts & { index: AuthorizedEntries } {
  const index = new AuthorizedEntries({ trustDomain: td, clock, log: silentLogger });
  const loading = index.load();
  loading.add(all);
  loading.install({ epoch: 'e', n: 1, tag: 't' });
  return {
    index,
    clock,
    entries: { find: async (id) => all.find((entry) => entry.id === id) },
    nodes: {
      find: async (id) => nodes.find((node) => node.id.equals(id)),
      list: async (_filter, page, show) =>
        pageOf(
          nodes.map((item, at) => ({ rowId: at + 1, item })),
          page,
          show,
        ),
      count: async () => nodes.length,
    },
  };
}

test('an agent has no obstacle exactly where it is authorized', () =>
  fc.assert(
    fc.asyncProperty(entries, texts, texts, async (all, hasA, hasB) => {
      const nodes = [
        makeNode('/spire/agent/a', {
          selectors: makeEntry({ id: 'x', spiffeId: '/x', parentId: '/x', selectors: hasA }).selectors,
        }),
        makeNode('/spire/agent/b', {
          selectors: makeEntry({ id: 'x', spiffeId: '/x', parentId: '/x', selectors: hasB }).selectors,
        }),
      ];
      const parts = partsOf(all, nodes);
      for (const entry of all.filter(({ parentId }) => parentId.path !== SERVER)) {
        const { agents, authorizedCount } = await explainEntry(parts, entry.id);
        assert.equal(agents.length, 2);
        assert.equal(authorizedCount, agents.filter(({ obstacle }) => obstacle === undefined).length);
        for (const { agent, obstacle } of agents) {
          const isGiven = parts.index.entriesOf(agent).some(({ id }) => id === entry.id);
          assert.equal(obstacle === undefined, isGiven);
          if (obstacle?.closest !== undefined) assert.ok(obstacle.closest.missing.length > 0);
        }
      }
    }),
  ));

test('of many agents a hundred of each kind are shown, and all are counted', async () => {
  const entry = makeEntry({ id: 'e', spiffeId: '/x', parentId: '/alias' });
  const alias = makeEntry({ id: 'alias', spiffeId: '/alias', parentId: SERVER, selectors: ['t:1'] });
  const nodes = Array.from({ length: 500 }, (_, at) =>
    makeNode(`/spire/agent/${at}`, { selectors: at < 200 ? alias.selectors : [] }),
  );
  const found = await explainEntry(partsOf([entry, alias], nodes), 'e');
  assert.deepEqual(
    [found.agents.length, found.authorizedCount, found.lookedAtCount, found.totalCount],
    [200, 200, 500, 500],
  );
  assert.equal(found.agents.filter(({ obstacle }) => obstacle === undefined).length, 100);
});
