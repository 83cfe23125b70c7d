import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { x509Kind } from '../../../agent/cache/x509-kind.ts';
import { isRenewalDue, renewalTime } from '../../../agent/renewal-time.ts';
import { SvidRenewal } from '../../../agent/sync/renew-svids.ts';
import { type SvidRequest, type SvidResult, X509Signing } from '../../../agent/sync/sign-x509.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { parseCsr } from '../../../shared/crypto/csr.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';
import { unavailable } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';
import { makeAgentEntry } from '../cache/make-agent-entry.ts';

const never = new AbortController().signal;
const TD = TrustDomain.parse('example.org');

describe('getting SVIDs', () => {
  let clock: FakeClock;
  let cache: SvidCache;
  let authority: FakeAuthority;
  let log: FakeLog;
  let batches: SvidRequest[][];
  let fault: Error | undefined;
  let change: (results: SvidResult[]) => SvidResult[];
  let lifeSeconds: number;

  let bundles: BundleCache;

  beforeEach(async () => {
    clock = new FakeClock();
    log = new FakeLog();
    authority = await FakeAuthority.make(
      'example.org',
      addSeconds(clock.now(), -60),
      addSeconds(clock.now(), 8_640_000),
    );
    bundles = new BundleCache({
      trustDomain: TD,
      x509Authorities: [{ certificate: authority.root.raw, tainted: false }],
      jwtAuthorities: [],
      witAuthorities: [],
      refreshHintSeconds: 0,
      sequenceNumber: 1,
    });
    const random = new FakeRandom();
    cache = new SvidCache({
      kind: x509Kind,
      bundles,
      maxSvids: 10_000,
      renewalTime: (validity) => renewalTime(validity, { random }),
      onWanted: () => {},
      clock,
      log,
    });
    batches = [];
    fault = undefined;
    change = (results) => results;
    lifeSeconds = 3_600;
  });

  const renewal = (keyType: KeyType = 'ec-p256', availabilityTargetSeconds?: number): SvidRenewal =>
    new SvidRenewal({
      cache,
      signing: new X509Signing({
        bundles,
        keyType,
        availabilityTargetSeconds,
        issuer: {
          newX509Svids: async (requests) => {
            batches.push([...requests]);
            if (fault !== undefined) throw fault;
            return change(await Promise.all(requests.map(sign)));
          },
        },
        clock,
        log,
      }),
      onFailed: () => {},
      onRecovered: () => {},
      clock,
      random: new FakeRandom(),
      log,
    });

  async function sign({ entryId, csr }: SvidRequest): Promise<SvidResult> {
    const spiffeId = `spiffe://example.org/${entryId}`;
    const life = { notBefore: clock.now(), notAfter: addSeconds(clock.now(), lifeSeconds) };
    return { ok: true, chain: [await authority.issueFor(csr, { spiffeId, ...life })] };
  }

  const put = (count: number): void =>
    cache.apply(
      Array.from({ length: count }, (_, at) =>
        makeAgentEntry({ id: `e${at}`, selectors: [`unix:uid:${at}`] }),
      ),
    );

  const withoutSvid = (): number => cache.candidates([], 10_000).filter(({ hasSvid }) => !hasSvid).length;

  it('asks in batches of a hundred, with a key of its own for each entry', async () => {
    put(101);
    await renewal().renewAll(never);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [100, 1],
    );
    const keys = batches.flat().map(({ csr }) => Buffer.from(parseCsr(csr).publicKey).toString('hex'));
    assert.equal(new Set(keys).size, 101);
    assert.equal(withoutSvid(), 0);
  });

  it('halves the batch with each failure and doubles it with each success', async () => {
    put(10);
    const renewing = renewal();
    fault = unavailable('overloaded');
    for (let at = 0; at < 10; at++) await assert.rejects(renewing.renewAll(never));
    fault = undefined;
    await renewing.renewAll(never);
    assert.deepEqual(
      batches.slice(10).map(({ length }) => length),
      [1, 2, 4, 3],
    );
  });

  it('makes keys of the configured type', async () => {
    put(1);
    await renewal('ec-p384').renewAll(never);
    assert.equal(parseCsr(batches[0]?.[0]?.csr ?? new Uint8Array()).publicKey.length, 120);
  });

  it('takes the good ones of a batch and logs the bad ones', async () => {
    put(4);
    const stranger = await FakeAuthority.make('example.org', clock.now(), addSeconds(clock.now(), 60));
    change = ([a, b, c, d]) => {
      assert.ok(a?.ok === true && b !== undefined && c !== undefined && d !== undefined);
      return [
        a,
        { ok: true, chain: a.chain },
        { ok: false, message: 'not authorized' },
        { ok: true, chain: [stranger.root.raw] },
      ];
    };
    await renewal().renewAll(never);
    assert.equal(withoutSvid(), 3);
    const said = log.lines
      .filter(({ level }) => level === 'warn')
      .map(({ fields }) => String(fields['error']));
    assert.match(
      said[0] ?? '',
      /server issued "spiffe:\/\/example.org\/e0" in place of "spiffe:\/\/example.org\/e1"/,
    );
    assert.match(said[1] ?? '', /not authorized/);
    assert.match(said[2] ?? '', /leaf certificate is a CA/);
  });

  it('refuses a certificate for another key than ours', async () => {
    put(1);
    let first: readonly Uint8Array[] = [];
    change = ([one]) => {
      assert.ok(one?.ok === true);
      if (first.length === 0) first = one.chain;
      return [{ ok: true, chain: first }];
    };
    await renewal().renewAll(never);
    put(0);
    put(1);
    await renewal().renewAll(never);
    assert.match(String(log.lines.at(-1)?.fields['error']), /for another key than ours/);
  });

  it('takes nothing from a server that gives fewer answers than it was asked', async () => {
    put(2);
    change = (results) => results.slice(1);
    await assert.rejects(renewal().renewAll(never), /1 answers to 2 requests/);
    assert.equal(withoutSvid(), 2);
  });

  it('keeps an SVID that could not be renewed, and tries again with growing pauses', async () => {
    put(1);
    const abort = new AbortController();
    const running = renewal().run(abort.signal);
    await clock.until(() => withoutSvid() === 0);
    await clock.advance(1_000_000);
    assert.equal(batches.length, 1);
    fault = unavailable('away');
    await clock.advance(2_000_000);
    assert.equal(withoutSvid(), 0);
    const failed = batches.length - 1;
    assert.ok(failed > 5 && failed < 40, `${failed} attempts`);
    fault = undefined;
    await clock.advance(300_000);
    assert.equal(cache.wanted(10).length, 0);
    assert.equal(batches.length, failed + 2);
    abort.abort();
    await running;
  });

  it('comes again when a busy server said, a little later, even where workloads ask meanwhile', async () => {
    put(1);
    fault = unavailable('busy', { retryAfterMs: 20_000 });
    const abort = new AbortController();
    const renewing = renewal();
    const running = renewing.run(abort.signal);
    await clock.until(() => batches.length === 1);
    renewing.wake();
    await clock.advance(19_999);
    assert.equal(batches.length, 1);
    fault = undefined;
    await clock.advance(10_001);
    assert.equal(batches.length, 2);
    abort.abort();
    await running;
  });

  it('says when SVIDs live too short for the availability target', async () => {
    put(1);
    await renewal('ec-p256', 86_400).renewAll(never);
    assert.ok(log.messages('warn').some((line) => line.includes('availability_target')));
  });
});

describe('when an SVID is due', () => {
  const issuedAt = new Date('2026-01-01T00:00:00Z');
  const at = (hours: number): Date => addSeconds(issuedAt, hours * 3_600);
  const random = (fraction: number) => ({
    bytes: () => new Uint8Array(),
    uuid: () => '',
    fraction: () => fraction,
  });
  /** The jitter's random number, and the target if there is one. */
  const dueWith =
    (fraction: number, availabilityTargetSeconds?: number) =>
    (hours: number, lifeHours: number): boolean =>
      isRenewalDue({ issuedAt, expiresAt: at(lifeHours) }, at(hours), {
        random: random(fraction),
        availabilityTargetSeconds,
      });

  it('is at half of the life, give or take a tenth', () => {
    assert.equal(dueWith(0.5)(4.9, 10), false);
    assert.equal(dueWith(0.5)(5, 10), true);
    assert.equal(dueWith(0.999)(4.49, 10), false);
    assert.equal(dueWith(0.999)(4.51, 10), true);
    assert.equal(dueWith(0)(5.49, 10), false);
    assert.equal(dueWith(0)(5.51, 10), true);
  });

  it('is when the availability target is near, where twelve hours or more are left for it', () => {
    const target = 24 * 3_600;
    assert.equal(dueWith(0, target)(20, 48), false);
    assert.equal(dueWith(0, target)(24, 48), true);
    assert.equal(dueWith(0.999, target)(23.9, 48), true);
    assert.equal(dueWith(0.999, target)(23.7, 48), false);
    assert.equal(dueWith(0.5, target)(17.4, 35), false);
    assert.equal(dueWith(0.5, target)(17.6, 35), true);
  });
});
