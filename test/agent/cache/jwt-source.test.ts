/** JWT-SVIDs that the agent holds: how long, for whom, and what happens when the server is away or takes something back. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { addSeconds } from '../../../shared/clock.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import {
  Code,
  CodedError,
  internal,
  notFound,
  permissionDenied,
  unavailable,
} from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { settle } from '../../fakes/clock.ts';
import { authority, JwtTestbed } from './jwt-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const AWAY = unavailable('no connection');
const web = makeAgentEntry({ id: 'web' });
const db = makeAgentEntry({ id: 'db' });

describe('JWT-SVIDs of the agent', () => {
  let bed: JwtTestbed;
  beforeEach(() => {
    bed = new JwtTestbed();
    bed.know(web, db);
  });

  it('are asked for once for the same audiences, in whichever order and however often', async () => {
    const first = await bed.fetch(web, 'b', 'a');
    assert.equal(await bed.fetch(web, 'a', 'b'), first);
    assert.equal(await bed.fetch(web, 'a', 'b', 'a'), first);
    assert.deepEqual(bed.asked, [{ entryId: 'web', audience: ['b', 'a'] }]);
    assert.notEqual(await bed.fetch(web, 'a'), first);
    assert.notEqual(await bed.fetch(db, 'a', 'b'), first);
    assert.equal(bed.source.count, 3);
  });

  it('are no others for audiences that only look alike when they are joined', async () => {
    const tokens = [
      await bed.fetch(web, 'a,b'),
      await bed.fetch(web, 'a', 'b'),
      await bed.fetch(web, 'a","b'),
    ];
    assert.equal(new Set(tokens).size, 3);
  });

  it('are served up to half of their life, give or take a tenth, and then replaced', async () => {
    const first = await bed.fetch(web, 'a');
    await bed.clock.advance(134_000);
    assert.equal(await bed.fetch(web, 'a'), first);
    await bed.clock.advance(32_000);
    assert.notEqual(await bed.fetch(web, 'a'), first);
    assert.equal(bed.source.count, 1);
  });

  it('are asked for once, although many ask at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => bed.fetch(web, 'a')));
    assert.equal(new Set(tokens).size, 1);
    assert.equal(bed.asked.length, 1);
  });

  it('are asked for each time where each has an ID of its own', async () => {
    const own = makeAgentEntry({ id: 'jti', jwtSvidIncludeJti: true });
    bed.know(own);
    const tokens = await Promise.all([bed.fetch(own, 'a'), bed.fetch(own, 'a'), bed.fetch(own, 'a')]);
    assert.equal(new Set(tokens).size, 3);
    assert.equal(bed.source.count, 0);
  });

  it('are served until they end while the server is away, and not after', async () => {
    const first = await bed.fetch(web, 'a');
    bed.fault = AWAY;
    await bed.clock.advance(200_000);
    assert.equal(await bed.fetch(web, 'a'), first);
    assert.equal(await bed.fetch(web, 'a'), first);
    assert.deepEqual(bed.log.messages('warn'), Array(2).fill('no new JWT-SVID: the cached one is served'));
    await bed.clock.advance(100_000);
    const late = assert.rejects(bed.fetch(web, 'a'), { code: Code.unavailable, message: 'no connection' });
    await bed.clock.advance(60_000);
    await late;
  });

  it('are served when a new one takes longer than there is patience for', async () => {
    const first = await bed.fetch(web, 'a');
    await bed.clock.advance(200_000);
    const hangs = Promise.withResolvers<void>();
    bed.gate = hangs.promise;
    const asked = bed.fetch(web, 'a');
    await bed.clock.advance(29_999);
    await bed.clock.advance(1);
    assert.equal(await asked, first);
    hangs.resolve();
    await settle();
    assert.notEqual(await bed.fetch(web, 'a'), first);
    assert.equal(bed.asked.length, 2);
  });

  it('are tried again for half a minute where there is none yet', async () => {
    bed.fault = AWAY;
    const asked = bed.fetch(web, 'a');
    await bed.clock.advance(3_000);
    bed.fault = undefined;
    await bed.clock.advance(27_000);
    assert.ok((await asked).length > 0);
  });

  for (const [what, fault] of [
    ['has no such entry', notFound('entry not found or not authorized')],
    ['does not honour the agent', permissionDenied('agent is banned')],
    ['has JWT-SVIDs turned off', new CodedError(Code.unimplemented, 'JWT functionality is disabled')],
  ] as const)
    it(`are served no more once the server says that it ${what}`, async () => {
      await bed.fetch(web, 'a');
      await bed.clock.advance(200_000);
      bed.fault = fault;
      await assert.rejects(bed.fetch(web, 'a'), fault);
      assert.equal(bed.source.count, 0);
      assert.deepEqual(bed.failures, [fault]);
    });

  it('are replaced at the next call where their authority is tainted, and served until there is another', async () => {
    const first = await bed.fetch(web, 'a');
    bed.setAuthorities(authority('k1', { tainted: true }), authority('k2'));
    bed.fault = AWAY;
    assert.equal(await bed.fetch(web, 'a'), first);
    bed.fault = undefined;
    bed.keyId = 'k2';
    const second = await bed.fetch(web, 'a');
    assert.notEqual(second, first);
    assert.equal(await bed.fetch(web, 'a'), second);
    assert.deepEqual(bed.log.messages('info'), [
      'JWT-SVIDs are signed anew: their authority is tainted or revoked',
    ]);
  });

  it('are not asked for at every call although the server goes on signing by a tainted key', async () => {
    bed.setAuthorities(authority('k1', { tainted: true }));
    const first = await bed.fetch(web, 'a');
    await bed.clock.advance(29_000);
    assert.equal(await bed.fetch(web, 'a'), first);
    await bed.clock.advance(1_000);
    assert.notEqual(await bed.fetch(web, 'a'), first);
  });

  it('are dropped when their authority is revoked, and only those', async () => {
    await bed.fetch(web, 'a');
    bed.setAuthorities(authority('k1'), authority('k2'));
    bed.keyId = 'k2';
    const kept = await bed.fetch(db, 'a');
    bed.setAuthorities(authority('k2'));
    assert.equal(bed.source.count, 1);
    assert.equal(await bed.fetch(db, 'a'), kept);
  });

  it('of a key that the bundle does not hold yet are served', async () => {
    bed.keyId = 'new';
    const first = await bed.fetch(web, 'a');
    bed.setAuthorities(authority('k1'), authority('new'));
    assert.equal(await bed.fetch(web, 'a'), first);
  });

  it('are dropped when their entry is deleted, or is for somebody else now', async () => {
    await bed.fetch(web, 'a');
    await bed.fetch(db, 'a');
    const other = makeAgentEntry({ id: 'db', path: '/other', revisionNumber: 1 });
    bed.know(other);
    assert.equal(bed.source.count, 0);
    bed.fault = AWAY;
    const late = assert.rejects(bed.fetch(other, 'a'), { code: Code.unavailable });
    await bed.clock.advance(60_000);
    await late;
  });

  it('of an entry that was deleted while the server signed are not held', async () => {
    const slow = Promise.withResolvers<void>();
    bed.gate = slow.promise;
    const asked = bed.fetch(web, 'a');
    await settle();
    bed.know(db);
    slow.resolve();
    await asked;
    assert.equal(bed.source.count, 0);
  });

  it('are asked for anew when their entry changed, and served while that cannot be', async () => {
    const first = await bed.fetch(web, 'a');
    const longer = makeAgentEntry({ id: 'web', revisionNumber: 1 });
    bed.know(longer, db);
    bed.fault = AWAY;
    assert.equal(await bed.fetch(longer, 'a'), first);
    bed.fault = undefined;
    assert.notEqual(await bed.fetch(longer, 'a'), first);
  });

  it('are replaced at once after the clock was set back to before they were issued', async () => {
    const first = await bed.fetch(web, 'a');
    bed.clock.jump(addSeconds(bed.clock.now(), -3_600));
    assert.notEqual(await bed.fetch(web, 'a'), first);
  });

  it('are gone when the server does not honour the agent', async () => {
    await bed.fetch(web, 'a');
    bed.source.clear();
    assert.equal(bed.source.count, 0);
  });

  for (const [what, wrong, message] of [
    ['another ID', { spiffeId: SpiffeId.parse('spiffe://example.org/other') }, /in place of/],
    ['too few audiences', { audience: ['a'] }, /for other audiences/],
    ['an end that is past', { expiresAt: new Date('2025-12-31T00:00:00Z') }, /has expired by our clock/],
  ] as const)
    it(`are refused that have ${what}`, async () => {
      bed.wrong = wrong;
      await assert.rejects(bed.fetch(web, 'a', 'b'), { code: Code.internal, message });
      assert.equal(bed.source.count, 0);
    });

  it('are refused that their key did not sign', async () => {
    const { publicKey } = await generateKeyPair('ec-p256');
    bed.setAuthorities(authority('k1', { publicKey }));
    await assert.rejects(bed.fetch(web, 'a'), { message: /signature is not valid/ });
  });
});

describe('JWT-SVIDs of several entries', () => {
  let bed: JwtTestbed;
  beforeEach(() => {
    bed = new JwtTestbed();
    bed.know(web, db);
  });

  const failFor = (id: string, fault: Error): void => {
    const issue = bed.newJwtSvid.bind(bed);
    bed.newJwtSvid = async (request) => {
      if (request.entryId === id) throw fault;
      return issue(request);
    };
  };

  it('come in the order of the entries', async () => {
    const svids = await bed.source.fetchAll([db, web], ['a']);
    assert.deepEqual(
      svids.map(({ spiffeId }) => spiffeId.path),
      ['/db', '/web'],
    );
  });

  for (const fault of [notFound('entry not found or not authorized'), internal('signed nonsense')])
    it(`are those that the server signs: one that it does not (${fault.message}) costs nobody the others`, async () => {
      failFor('web', fault);
      const svids = await bed.source.fetchAll([web, db], ['a']);
      assert.deepEqual(
        svids.map(({ spiffeId }) => spiffeId.path),
        ['/db'],
      );
      await assert.rejects(bed.source.fetchAll([web], ['a']), {
        code: Code.unavailable,
        message: `could not fetch JWT-SVID: ${fault.message}`,
      });
    });

  it('are not fewer for a moment, which would make another one the first', async () => {
    failFor('web', AWAY);
    const late = assert.rejects(bed.source.fetchAll([web, db], ['a']), {
      code: Code.unavailable,
      message: 'could not fetch JWT-SVID: no connection',
    });
    await bed.clock.advance(60_000);
    await late;
  });
});
