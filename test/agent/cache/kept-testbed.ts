/** An agent's cache with real SVIDs and what it keeps of them, and the same agent started anew. Used by the tests of kept. */
import { KeptFile } from '../../../agent/cache/kept-file.ts';
import { Kept } from '../../../agent/cache/kept.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import type { HeldSvid } from '../../../agent/cache/x509-kind.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { x509Kind } from '../../../agent/cache/x509-kind.ts';
import { Positions } from '../../../agent/sync/position.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

export const KEPT_FOR = { trustDomain: 'example.org', agentId: 'spiffe://example.org/a', dataDir: '/data' };
export const LIFE_SECONDS = 3_600;

export class KeptTestbed {
  readonly clock = new FakeClock();
  readonly authority: FakeAuthority;
  readonly directory: string;

  private constructor(authority: FakeAuthority, clock: FakeClock, directory: string) {
    this.authority = authority;
    this.clock = clock;
    this.directory = directory;
  }

  static async make(directory: string): Promise<KeptTestbed> {
    const clock = new FakeClock();
    const [from, to] = [addSeconds(clock.now(), -60), addSeconds(clock.now(), 864_000)];
    return new KeptTestbed(await FakeAuthority.make('example.org', from, to), clock, directory);
  }

  get bundle(): Bundle {
    return {
      trustDomain: TrustDomain.parse('example.org'),
      x509Authorities: [{ certificate: this.authority.root.raw, tainted: false }],
      jwtAuthorities: [],
      witAuthorities: [],
      refreshHintSeconds: 60,
      sequenceNumber: 7,
    };
  }

  async svidFor(entry: AgentEntry, authority = this.authority): Promise<HeldSvid> {
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    const [issuedAt, expiresAt] = [this.clock.now(), addSeconds(this.clock.now(), LIFE_SECONDS)];
    const leaf = await authority.issue({
      spiffeId: entry.spiffeId.toString(),
      publicKey,
      notBefore: issuedAt,
      notAfter: expiresAt,
    });
    const key = privateKeyToPkcs8(privateKey);
    return { entry, spiffeId: entry.spiffeId, chain: [leaf], privateKey: key, issuedAt, expiresAt };
  }

  start(keptFor = KEPT_FOR, maxSvids = 1_000) {
    const { clock, directory } = this;
    const log = new FakeLog();
    const bundles = new BundleCache(this.bundle);
    const positions = new Positions();
    const onChanged = (): void => kept.changed();
    const cache = new SvidCache({
      kind: x509Kind,
      bundles,
      maxSvids,
      renewalTime: ({ expiresAt }) => expiresAt,
      onWanted: () => {},
      onChanged,
      clock,
      log,
    });
    const store = KeptFile.find({ directories: [directory], trustDomain: 'example.org', dataDir: '/data' });
    const authorized = { adopt: () => {} };
    const parts = { store, keptFor: () => keptFor, cache, bundles, positions, authorized, clock, log };
    const kept = new Kept(parts);
    return { kept, cache, bundles, positions, log, path: store.path };
  }

  /** Keeps these, as an agent does that ends. */
  async keep(svids: readonly HeldSvid[], entries = svids.map(({ entry }) => entry)): Promise<string> {
    const { kept, cache, positions, path } = this.start();
    positions.advance({ epoch: 'e', n: 3 });
    cache.apply(entries);
    cache.putSvids(svids);
    cache.syncSucceeded(this.clock.now());
    await kept.run(AbortSignal.abort());
    return path;
  }
}
