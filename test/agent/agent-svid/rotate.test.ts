import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AgentSvid } from '../../../agent/agent-svid/agent-svid.ts';
import { type AgentStateStore, OwnSvid } from '../../../agent/agent-svid/own-svid.ts';
import { type AgentRenewal, OwnSvidRotation } from '../../../agent/agent-svid/rotate.ts';
import { StateFile } from '../../../agent/agent-svid/state-file.ts';
import { DiskKeyManager } from '../../../agent/key-manager/disk.ts';
import type { KeyManager } from '../../../agent/key-manager/key-manager.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { parseCsr } from '../../../shared/crypto/csr.ts';
import { unavailable } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { parseX509Svid } from '../../../shared/svid/x509-svid.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

const TD = TrustDomain.parse('example.org');
const AGENT = 'spiffe://example.org/spire/agent/join_token/t';

/** The steps of a rotation, in order: a crash comes right before one, or after the last. */
const STEPS = ['generateKey', 'renewAgent', 'answer', 'store', 'onRotated', 'never'] as const;
type Step = (typeof STEPS)[number];

describe('rotating the own SVID', () => {
  const clock = new FakeClock();
  let directory: string;
  let authority: FakeAuthority;
  /** Serial numbers that the server honours: the active one and the pending one. */
  let honoured: string[];
  let isTainted: boolean;

  beforeEach(async () => {
    isTainted = false;
    directory = mkdtempSync(join(tmpdir(), 'writ-rotate-'));
    authority = await FakeAuthority.make(
      'example.org',
      addSeconds(clock.now(), -60),
      addSeconds(clock.now(), 864_000),
    );
    honoured = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const sign = async (publicKey: Uint8Array): Promise<readonly Uint8Array[]> => {
    const notBefore = addSeconds(clock.now(), -10);
    return [
      await authority.issue({
        spiffeId: AGENT,
        publicKey,
        notBefore,
        notAfter: addSeconds(notBefore, 3_600),
      }),
    ];
  };

  async function enrolled(keys: KeyManager): Promise<AgentSvid> {
    const key = await keys.generateKey('agent-svid-A', 'ec-p256');
    const chain = await sign(key.signer.publicKey);
    const svid = parseX509Svid(chain);
    honoured = [svid.serialNumber];
    return { chain, svid, key, keyId: 'agent-svid-A', canReattest: false };
  }

  interface Crashing {
    readonly own: OwnSvid;
    readonly keys: KeyManager;
    readonly server: AgentRenewal;
    readonly onRotated: () => void;
  }

  const rotation = (parts: Crashing): OwnSvidRotation =>
    new OwnSvidRotation({
      ...parts,
      attest: () => Promise.reject(new Error('not asked for')),
      authorities: () => [{ certificate: authority.root.raw, tainted: isTainted }],
      trustDomain: TD,
      onFailed: () => {},
      clock,
      random: new FakeRandom(),
      log: new FakeLog(),
    });

  /** The process as it is after a start; it dies right before this step. */
  async function start(diesBefore: Step): Promise<Crashing> {
    const dies = (step: Step): void => {
      if (step === diesBefore) throw new Error(`died before ${step}`);
    };
    const disk = DiskKeyManager.open(directory);
    const keys: KeyManager = {
      generateKey: async (id, type) => {
        dies('generateKey');
        return disk.generateKey(id, type);
      },
      findKey: (id) => disk.findKey(id),
    };
    const server: AgentRenewal = {
      renewAgent: async (csr) => {
        dies('renewAgent');
        const chain = await sign(parseCsr(csr).publicKey);
        honoured = [honoured[0] ?? '', parseX509Svid(chain).serialNumber];
        dies('answer');
        return chain;
      },
    };
    const file = StateFile.open(directory);
    const store: AgentStateStore = {
      get state() {
        return file.state;
      },
      store: (change) => {
        dies('store');
        file.store(change);
      },
    };
    const own = new OwnSvid(store);
    await own.load(disk, clock.now());
    return { own, keys, server, onRotated: () => dies('onRotated') };
  }

  for (const step of STEPS) {
    it(`leaves an SVID with its key that the server honours when it dies before ${step}`, async () => {
      const first = await enrolled(DiskKeyManager.open(directory));
      StateFile.open(directory).store({ svid: first.chain, bundle: [authority.root.raw] });
      for (let round = 0; round < 3; round++) {
        const dying = rotation(await start(step)).rotate();
        if (step === 'never') await dying;
        else await assert.rejects(dying, /died before/);

        const { own } = await start('never');
        const current = own.current;
        assert.ok(current !== undefined, 'an SVID is found again');
        assert.deepEqual(current.svid.certificates[0]?.publicKey, current.key.signer.publicKey);
        assert.ok(honoured.includes(current.svid.serialNumber));
        honoured = [current.svid.serialNumber]; // used: the other one is over
      }
      const healthy = await start('never');
      const before = healthy.own.current?.svid.serialNumber;
      await rotation(healthy).rotate();
      assert.notEqual(healthy.own.current?.svid.serialNumber, before);
    });
  }

  it('alternates between the two slots', async () => {
    const keys = DiskKeyManager.open(directory);
    StateFile.open(directory).store({ svid: (await enrolled(keys)).chain, bundle: [authority.root.raw] });
    const parts = await start('never');
    const slots = [];
    for (let at = 0; at < 3; at++) {
      await rotation(parts).rotate();
      slots.push(parts.own.current?.keyId);
    }
    assert.deepEqual(slots, ['agent-svid-B', 'agent-svid-A', 'agent-svid-B']);
  });

  it('refuses an SVID that is for another key, or another ID, or that the bundle does not vouch for', async () => {
    const first = await enrolled(DiskKeyManager.open(directory));
    StateFile.open(directory).store({ svid: first.chain, bundle: [authority.root.raw] });
    const stranger = await FakeAuthority.make(
      'example.org',
      addSeconds(clock.now(), -60),
      addSeconds(clock.now(), 60),
    );
    const life = { notBefore: clock.now(), notAfter: addSeconds(clock.now(), 60) };
    const answers: readonly [RegExp, (csr: Uint8Array) => Promise<Uint8Array>][] = [
      [
        /for another key/,
        (): Promise<Uint8Array> =>
          authority.issue({ ...life, spiffeId: AGENT, publicKey: first.key.signer.publicKey }),
      ],
      [
        /not an agent's ID/,
        (csr) => authority.issueFor(csr, { ...life, spiffeId: 'spiffe://example.org/web' }),
      ],
      [/cannot be verified/, (csr) => stranger.issueFor(csr, { ...life, spiffeId: AGENT })],
    ];
    for (const [says, answer] of answers) {
      const parts = await start('never');
      const server = { renewAgent: async (csr: Uint8Array) => [await answer(csr)] };
      await assert.rejects(rotation({ ...parts, server }).rotate(), says);
      assert.equal(parts.own.current?.svid.serialNumber, first.svid.serialNumber);
    }
  });

  it('renews at half of the life, give or take a tenth, and tries again when that fails', async () => {
    const first = await enrolled(DiskKeyManager.open(directory));
    StateFile.open(directory).store({ svid: first.chain, bundle: [authority.root.raw] });
    const parts = await start('never');
    let attempts = 0;
    let rotatedAt: Date | undefined;
    const server: AgentRenewal = {
      renewAgent: (csr) => {
        attempts += 1;
        return attempts < 3 ? Promise.reject(unavailable('away')) : parts.server.renewAgent(csr);
      },
    };
    const abort = new AbortController();
    const startedAt = clock.now();
    const running = rotation({ ...parts, server, onRotated: () => (rotatedAt = clock.now()) }).run(
      abort.signal,
    );
    await clock.advance(1_600_000);
    assert.equal(attempts, 0);
    await clock.advance(400_000);
    assert.equal(attempts, 3);
    const lateMs = (rotatedAt?.getTime() ?? 0) - startedAt.getTime();
    assert.ok(lateMs >= 1_600_000 && lateMs <= 2_000_000, `rotated after ${lateMs} ms`);
    abort.abort();
    await running;
  });

  it('writes a file that only its owner can read', async () => {
    const first = await enrolled(DiskKeyManager.open(directory));
    StateFile.open(directory).store({ svid: first.chain });
    const path = join(directory, 'agent-data.json');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /PRIVATE/);
  });

  it('is due at once when its authority is tainted, and once, also where the server signs by no other', async () => {
    const first = await enrolled(DiskKeyManager.open(directory));
    StateFile.open(directory).store({ svid: first.chain, bundle: [authority.root.raw] });
    let rotations = 0;
    const parts = { ...(await start('never')), onRotated: () => (rotations += 1) };
    const abort = new AbortController();
    const running = rotation(parts).run(abort.signal);
    await clock.advance(10_000);
    assert.equal(rotations, 0);

    isTainted = true;
    await clock.advance(5_000);
    assert.equal(rotations, 1);
    assert.notEqual(parts.own.current?.svid.serialNumber, first.svid.serialNumber);
    await clock.advance(60_000);
    assert.equal(rotations, 1, 'what is signed by the tainted one again is left until it is due');

    isTainted = false;
    const until = addSeconds(clock.now(), 864_000);
    authority = await FakeAuthority.make('example.org', addSeconds(clock.now(), -60), until);
    await clock.advance(60_000);
    assert.equal(rotations, 2, 'it is worth nothing when the authority is revoked');
    abort.abort(new Error('stopping'));
    await running;
  });
});
