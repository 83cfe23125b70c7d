/** Two servers of one cluster whose clocks are two minutes apart, and agents that move between them. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { Watch } from '../fakes/flow-agent.ts';
import { Testbed } from '../fakes/testbed.ts';

const MINUTE_MS = 60_000;
const SELECTOR = 'unix:uid:1000';
const MOVES = 5;

const serialsOf = (watch: Watch): readonly string[] =>
  watch.updates.flatMap(({ identities }) =>
    identities.map(({ spiffeId, chain }) => {
      const { serialNumber } = new X509Certificate(chain[0] ?? assert.fail('no SVID'));
      return `${spiffeId.path} ${serialNumber}`;
    }),
  );

for (const [name, aheadMs] of [
  ['two minutes behind', -2 * MINUTE_MS],
  ['two minutes ahead', 2 * MINUTE_MS],
] as const)
  test(`a second server whose clock is ${name} costs nobody an identity, and nothing is signed twice`, async (t) => {
    const bed = await Testbed.open(t);
    const otherClock = bed.clock.onAnotherMachine();
    otherClock.setAhead(aheadMs);
    const ca = { ttlSeconds: 86_400, defaultX509SvidTtlSeconds: 3_600, agentTtlSeconds: 3_600 };
    const a = await bed.startServer('a', { ca });
    const b = await bed.startServer('b', { ca, clock: otherClock });
    bed.clock.stall(10 * MINUTE_MS); // no authority is so young that one of the clocks has not come to it
    await bed.pass(2);
    const agents = [await bed.startAgent('one', { server: a }), await bed.startAgent('two', { server: a })];
    const watches = agents.map((agent) => agent.watch(SELECTOR));
    for (const [at, agent] of agents.entries())
      await bed.createEntry(a, { path: `/web/${at}`, parent: agent.path, selectors: [SELECTOR] });
    await bed.passUntil(() => watches.every((watch) => watch.paths()?.length === 1), 5);

    for (let move = 0; move < MOVES; move += 1) {
      for (const [at, agent] of agents.entries()) await bed.reconnect(agent, (move + at) % 2 === 0 ? b : a);
      const path = `/later/${move}`;
      for (const agent of agents)
        await bed.createEntry(move % 2 === 0 ? a : b, { path, parent: agent.path, selectors: [SELECTOR] });
      const has = (watch: Watch): boolean => watch.paths()?.includes(path) === true;
      await bed.passUntil(() => watches.every(has), 40);
      await bed.pass(5);
    }
    for (const watch of watches) {
      const serials = new Set(serialsOf(watch));
      assert.equal(serials.size, 1 + MOVES, 'an SVID for each entry, and no other');
      assert.ok(watch.latest().identities.every(({ chain }) => isValid(chain[0], bed.clock.now())));
    }
  });

function isValid(der: Uint8Array | undefined, at: Date): boolean {
  const { validFromDate, validToDate } = new X509Certificate(der ?? assert.fail('no SVID'));
  return validFromDate <= at && at < validToDate;
}
