/** JWT-SVIDs whose answer comes when the world has gone on. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Code, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { settle } from '../../fakes/clock.ts';
import { JwtTestbed } from './jwt-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const web = makeAgentEntry({ id: 'web' });

describe('JWT-SVIDs of the agent', () => {
  let bed: JwtTestbed;
  beforeEach(() => {
    bed = new JwtTestbed();
    bed.know(web);
  });

  it('are dropped when the server refuses, although nobody waits for its answer any more', async () => {
    const first = await bed.fetch(web, 'a');
    await bed.clock.advance(200_000);
    const gate = Promise.withResolvers<void>();
    bed.gate = gate.promise;
    bed.fault = permissionDenied('no');
    const late = bed.fetch(web, 'a');
    await bed.clock.advance(31_000);
    assert.equal(await late, first);
    gate.resolve();
    await settle();
    bed.fault = unavailable('away');
    const next = assert.rejects(bed.fetch(web, 'a'), { code: Code.unavailable });
    await bed.clock.advance(31_000);
    await next;
  });

  for (const [what, happen] of [
    ['their authority was revoked', (bed: JwtTestbed) => bed.setAuthorities()],
    ['the agent was disowned', (bed: JwtTestbed) => bed.source.clear()],
  ] as const)
    it(`are not held that were being signed when ${what}`, async () => {
      const gate = Promise.withResolvers<void>();
      bed.gate = gate.promise;
      const flight = bed.fetch(web, 'a').catch(() => {});
      await bed.clock.advance(1);
      happen(bed);
      gate.resolve();
      await flight;
      assert.equal(bed.source.count, 0);
    });
});
