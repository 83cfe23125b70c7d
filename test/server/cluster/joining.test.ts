/** When a server that joins others opens its doors. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Joining } from '../../../server/cluster/joining.ts';
import { unavailable } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeBundleStore } from '../../fakes/bundle-store.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakePeerStore } from '../../fakes/peer-store.ts';

const trustDomain = TrustDomain.parse('example.org');
const authority = (byte: number) => ({ x509: [{ certificate: Uint8Array.of(byte), tainted: false }] });

/** A server that starts after `authorities` of others; `own`, whether it adds one itself. */
class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly bundles = new FakeBundleStore();
  readonly peers = new FakePeerStore(this.clock);
  readonly #abort = new AbortController();
  #isOpen = false;

  async others(...knownSequences: readonly number[]): Promise<void> {
    for (const [at, knownSequence] of knownSequences.entries())
      await this.peers.beat({ id: `peer ${at}`, knownSequence });
  }

  /** The bundle's sequence number is 1 without own authorities, 2 with. */
  async start({ waitSeconds = 30, hasBundle = true, isNew = true } = {}): Promise<void> {
    const { clock, log, bundles, peers } = this;
    if (hasBundle) await bundles.append(trustDomain, authority(1));
    const joining = new Joining({ bundles, peers, trustDomain, waitSeconds, clock, log });
    await joining.before.start(this.#abort.signal);
    if (isNew) await bundles.append(trustDomain, authority(2));
    joining.wait.start(this.#abort.signal).then(
      () => {
        this.#isOpen = true;
      },
      () => undefined,
    );
    await clock.advance(0);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  stop(): void {
    this.#abort.abort(new Error('stopping'));
  }

  /** Seconds pass, and the others say each second what they know. */
  async pass(seconds: number, ...knownSequences: readonly number[]): Promise<void> {
    for (let passed = 0; passed < seconds; passed++) {
      await this.others(...knownSequences);
      await this.clock.advance(1_000);
    }
  }
}

describe('a server opens at once', () => {
  const cases: readonly (readonly [string, object, readonly number[]])[] = [
    ['that is the first of all', { hasBundle: false }, []],
    ['that stands alone', {}, []],
    ['that goes on with its authorities', { isNew: false }, [0]],
    ['beside others whose agents know its authorities already', {}, [2, 3]],
    ['that was told not to wait', { waitSeconds: 0 }, [0]],
  ];
  for (const [what, options, known] of cases) {
    test(what, async () => {
      const world = new World();
      await world.others(...known);
      await world.start(options);
      assert.equal(world.isOpen, true);
    });
  }
});

describe('a server with new authorities beside others', () => {
  const started = async (...known: readonly number[]): Promise<World> => {
    const world = new World();
    await world.others(...known);
    await world.start();
    assert.equal(world.isOpen, false);
    return world;
  };

  test('opens when the agents of all of them know', async () => {
    const world = await started(1, 1);
    await world.pass(3, 1, 2);
    assert.equal(world.isOpen, false);
    await world.pass(2, 2, 2);
    assert.equal(world.isOpen, true);
    assert.deepEqual(world.log.messages('info'), [
      'waiting until the agents of the other servers know the new authorities',
      'every agent of the other servers knows the new authorities',
    ]);
  });

  test('opens after half a minute all the same, and says so', async () => {
    const world = await started(1);
    await world.pass(29, 1);
    assert.equal(world.isOpen, false);
    await world.pass(2, 1);
    assert.equal(world.isOpen, true);
    assert.match(world.log.messages('warn').join(), /not every agent knows the new authorities yet/);
  });

  test('opens when the others are gone', async () => {
    const world = await started(1);
    await world.clock.advance(4_000);
    assert.equal(world.isOpen, false);
    await world.clock.advance(2_000);
    assert.equal(world.isOpen, true);
  });

  test('waits its time where the others cannot be looked at', async () => {
    const world = await started(1);
    world.peers.live = () => Promise.reject(unavailable('the database is away'));
    await world.clock.advance(29_000);
    assert.equal(world.isOpen, false);
    await world.clock.advance(2_000);
    assert.equal(world.isOpen, true);
  });

  test('stops waiting when it is stopped', async () => {
    const world = await started(1);
    world.stop();
    await world.clock.advance(0);
    await world.pass(60, 2);
    assert.equal(world.isOpen, false);
  });
});
