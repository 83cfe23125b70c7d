/** What one workload that asks for JWT-SVIDs without end can take from the others: nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { settle } from '../../fakes/clock.ts';
import { JwtTestbed } from './jwt-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const web = makeAgentEntry({ id: 'web' });
const db = makeAgentEntry({ id: 'db' });

describe('a workload that asks for endless audiences', () => {
  const audiences = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `a${at}`);

  it("pushes out its own JWT-SVIDs, least recently used first, and nobody else's", async () => {
    const bed = new JwtTestbed(10);
    bed.know(web, db);
    const [a, b] = [await bed.fetch(db, 'a'), await bed.fetch(db, 'b')];
    for (const audience of audiences(50)) {
      await bed.fetch(web, audience);
      await bed.fetch(web, 'a0');
    }
    assert.equal(bed.source.count, 10);
    const { length } = bed.asked;
    assert.deepEqual([await bed.fetch(db, 'a'), await bed.fetch(db, 'b')], [a, b]);
    await bed.fetch(web, 'a0');
    await bed.fetch(web, 'a49');
    assert.equal(bed.asked.length, length);
  });

  it('is refused where it makes the server sign too often, and others are not', async () => {
    const bed = new JwtTestbed();
    bed.know(web, db);
    for (const audience of audiences(1_000)) await bed.fetch(web, audience);
    const tooOften = {
      code: Code.unavailable,
      message: 'JWT-SVIDs of this workload are asked for too often',
    };
    await assert.rejects(bed.fetch(web, 'more'), tooOften);
    await bed.fetch(web, 'a999');
    await bed.fetch(db, 'more');
    await bed.clock.advance(4);
    await bed.fetch(web, 'more');
  });

  it('keeps nobody waiting: half of what is under way at most is its own, and no more wait than so many', async () => {
    const bed = new JwtTestbed();
    bed.know(web, db);
    const hangs = Promise.withResolvers<void>();
    bed.gate = hangs.promise;
    const own = Promise.allSettled(audiences(300).map((audience) => bed.fetch(web, audience)));
    await settle();
    assert.equal(bed.asked.length, 16);
    const other = bed.fetch(db, 'a');
    await settle();
    assert.equal(bed.asked.at(-1)?.entryId, 'db');
    hangs.resolve();
    await other;
    const refused = (await own).filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 300 - 16 - 256);
    assert.ok(refused.every(({ reason }) => reason.message === 'too much is asked for at once'));
  });
});
