/** Real processes that do what they should not, or die at the wrong moment. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { workloadAttestation } from '../../../agent/attest-workload/attest.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import type { Peer } from '../../../agent/attest-workload/peer-info.ts';
import type { Selector } from '../../../shared/selectors.ts';
import { openDescriptors } from '../attest-workload/processes.ts';
import { Caller } from './callers.ts';
import { Door, HEADER, identity, realPeers, SELECTORS, until, update } from './door.ts';

const NOBODY = 65_534;
const SOMEBODY = 65_533;
const needsRoot = process.getuid?.() !== 0 && 'needs root';
const GONE = '14 the process is gone';

/** An attestor that answers when it is told to. */
function slowAttestation() {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<readonly Selector[]>();
  const attestor = {
    name: 'unix',
    attest: () => {
      asked.resolve();
      return answer.promise;
    },
  };
  const attestation = workloadAttestation({ attestors: [attestor], clock: systemClock, log: silentLogger });
  return { attestation, asked: asked.promise, answer: () => answer.resolve(SELECTORS) };
}

async function withDoor(
  deps: ConstructorParameters<typeof Door>[0],
  deed: (door: Door) => Promise<void>,
): Promise<void> {
  const door = new Door({ peers: realPeers(), ...deps });
  await door.start();
  door.identities.push(update([identity('/web')]));
  try {
    await deed(door);
  } finally {
    await door.stop();
  }
}

describe('a process that dies', () => {
  it('while it is attested gets nothing, and nothing of it stays', () => {
    const { attestation, asked, answer } = slowAttestation();
    return withDoor({ attestation }, async (door) => {
      const before = openDescriptors();
      const caller = Caller.start('callsOften', [door.path, '1']);
      await asked;
      await caller.kill();
      await until(() => door.api.connectionCount === 0);
      answer();
      await until(() => openDescriptors() <= before);
      assert.deepEqual(door.identities.subscribed, []);
    });
  });

  it('while it is attested gets nothing through a child that has its connection', () => {
    const { attestation, asked, answer } = slowAttestation();
    return withDoor({ attestation }, async (door) => {
      const caller = Caller.start('forks', [door.path, 'at once']);
      assert.equal(await caller.says(), 'forked');
      await asked;
      await caller.kill();
      answer();
      assert.equal(await caller.says(), GONE);
      assert.deepEqual(door.identities.subscribed, []);
    });
  });

  it('leaves nothing to a child that has its connection', () =>
    withDoor({}, async (door) => {
      const caller = Caller.start('forks', [door.path, 'afterwards']);
      assert.deepEqual([await caller.says(), await caller.says()].sort(), ['forked', 'held']);
      await caller.kill();
      assert.equal(await caller.says(), GONE);
      await until(() => door.api.connectionCount === 0);
    }));

  it('leaves a child that has its connection what was sent before, and no more', () =>
    withDoor({}, async (door) => {
      const caller = Caller.start('forks', [door.path, 'at once']);
      const said = [await caller.says(), await caller.says()];
      assert.deepEqual(said.sort(), ['forked', 'message']);
      await caller.kill();
      door.identities.push(update([identity('/new')]));
      assert.equal(await caller.says(), GONE);
      await until(() => door.api.connectionCount === 0);
      assert.deepEqual(door.identities.subscribed, []);
    }));
});

describe('a connection that is passed to a process of another user', { skip: needsRoot }, () => {
  it('is still of the process that made it, and of nobody when that is gone', () => {
    const asked: number[] = [];
    const attestation = {
      attest: async ({ pid }: Peer): Promise<readonly Selector[]> => {
        asked.push(pid);
        return SELECTORS;
      },
    };
    return withDoor({ attestation }, async (door) => {
      const caller = Caller.start('passes', [door.path, String(SOMEBODY)]);
      const said = [await caller.says(), await caller.says()];
      assert.deepEqual(said.sort(), ['message', `pid ${caller.process.pid}`]);
      assert.deepEqual(asked, [caller.process.pid]);
      await caller.kill();
      door.identities.push(update([identity('/new')]));
      assert.equal(await caller.says(), GONE);
      await until(() => door.api.connectionCount === 0);
    });
  });
});

describe('a user', { skip: needsRoot }, () => {
  it('who has as many connections as there are for one is told so, and another user is served', () =>
    withDoor({ limits: { total: 4, perUid: 2 } }, async (door) => {
      const greedy = Caller.start('callsOften', [door.path, '3'], NOBODY);
      assert.equal(await greedy.says(), 'message');
      assert.equal(await greedy.says(), 'message');
      assert.match(
        await greedy.says(),
        /^14 too many connections are open, or too many of user 65534: close some/,
      );
      const other = Caller.start('callsOften', [door.path, '1'], SOMEBODY);
      assert.equal(await other.says(), 'message');
      await Promise.all([greedy.end(), other.end()]);
    }));

  it('who connects without pause is kept out by the kernel for five seconds, and nobody else', () => {
    const rates = { connections: { perSecond: 1, burst: 10 } };
    return withDoor({ rates }, async (door) => {
      const flood = Caller.start('connects', [door.path, '20000'], NOBODY);
      const ended = once(flood.process, 'exit');
      assert.equal(await flood.says(), 'EACCES');
      await ended;
      const other = Caller.start('callsOften', [door.path, '1'], SOMEBODY);
      assert.equal(await other.says(), 'message');
      assert.ok(door.log.messages('warn').includes('a user is kept out of the Workload API'));
      await door.clock.advance(5_000);
      await door.clock.advance(1_000); // it may connect once a second
      const later = Caller.start('callsOften', [door.path, '1'], NOBODY);
      assert.equal(await later.says(), 'message');
      await Promise.all([other.end(), later.end()]);
    });
  });

  it('who sends frames that are no calls without pause is cut off and kept out, and nobody else', () =>
    withDoor({}, async (door) => {
      const reader = Caller.start('callsOften', [door.path, '1'], SOMEBODY);
      assert.equal(await reader.says(), 'message');
      const feeding = Caller.start('feeds', [door.path], NOBODY);
      assert.equal(await feeding.says(), 'fed');
      await door.clock.advance(250);
      assert.equal(await feeding.says(), 'cut off');
      const again = Caller.start('connects', [door.path, '1'], NOBODY);
      assert.equal(await again.says(), 'EACCES');
      assert.equal(door.api.connectionCount, 1);
      assert.deepEqual(
        door.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
        [{ uid: NOBODY, why: 'sends without pause', seconds: 5, count: 1 }],
      );
      await reader.end();
    }));
});

it('a client that does not read holds up nobody', () =>
  withDoor({}, async (door) => {
    const { session, call } = door.rawCall();
    call.end(Buffer.alloc(5));
    await once(call, 'response');
    const reader = door.client().serverStream('FetchX509SVID', {}, HEADER);
    for (let n = 1; n <= 50; n += 1) {
      door.identities.push(update([identity(`/n${n}`, { chain: [Buffer.alloc(200_000, n)] })]));
      await reader.next();
    }
    session.destroy();
  }));
