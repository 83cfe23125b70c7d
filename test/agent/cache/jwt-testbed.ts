/** A source of JWT-SVIDs with a server that signs what it is asked, fails, or waits. Used by the tests of cache and workload-api. */
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import { type JwtIssuer, type JwtRequest, JwtSigning } from '../../../agent/cache/jwt-signing.ts';
import { JwtSource } from '../../../agent/cache/jwt-source.ts';
import { renewalTime } from '../../../agent/renewal-time.ts';
import type { Bundle, TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../../shared/crypto/keys.ts';
import { buildJwtSvid, JWT_SVID_TYPE, type JwtSvidFields } from '../../../shared/svid/jwt-svid.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { bundleOf } from './cache-testbed.ts';

const { privateKey } = await generateKeyPair('ec-p256');
const signer = keySigner(privateKey);

/** They all have the same key: only the ID tells them apart. */
export const authority = (keyId: string, changes: Partial<TokenAuthority> = {}): TokenAuthority => ({
  keyId,
  publicKey: signer.publicKey,
  expiresAt: undefined,
  tainted: false,
  ...changes,
});

export class JwtTestbed implements JwtIssuer {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly bundles = new BundleCache(bundleOf('example.org'));
  readonly entries = new Map<string, AgentEntry>();
  /** What the server was asked for. */
  readonly asked: JwtRequest[] = [];
  readonly failures: unknown[] = [];
  readonly stopping = new AbortController();
  readonly source: JwtSource;
  lifeSeconds = 300;
  keyId = 'k1';
  /** What the server fails with. */
  fault: Error | undefined;
  /** Awaited before it answers. */
  gate: Promise<void> | undefined;
  /** What it gets wrong. */
  wrong: Partial<JwtSvidFields> = {};

  constructor(maxSvids = 1_000) {
    const { clock, log, bundles } = this;
    const random = new FakeRandom();
    this.source = new JwtSource({
      signing: new JwtSigning({
        issuer: this,
        bundles,
        onFailed: (error) => this.failures.push(error),
        stopping: this.stopping.signal,
        clock,
        random,
      }),
      findEntry: (id) => this.entries.get(id),
      maxSvids,
      patienceMs: 30_000,
      renewalTime: (validity) => renewalTime(validity, { random }),
      clock,
      log,
    });
    this.setAuthorities(authority('k1'));
  }

  know(...entries: readonly AgentEntry[]): void {
    this.entries.clear();
    for (const entry of entries) this.entries.set(entry.id, entry);
    this.source.entriesChanged();
  }

  setAuthorities(...jwtAuthorities: readonly TokenAuthority[]): void {
    const bundle: Bundle = { ...this.bundles.own, jwtAuthorities };
    this.bundles.setOwn(bundle);
    this.source.bundleChanged(bundle);
  }

  /** The token. */
  async fetch(entry: AgentEntry, ...audience: readonly string[]): Promise<string> {
    return (await this.source.fetch(entry, audience)).token;
  }

  async newJwtSvid(request: JwtRequest): Promise<string> {
    const { fault } = this;
    this.asked.push(request);
    const spiffeId = this.entries.get(request.entryId)?.spiffeId;
    await this.gate;
    if (fault !== undefined) throw fault;
    if (spiffeId === undefined) throw new Error(`no entry ${request.entryId}`);
    const issuedAt = this.clock.now();
    const writer = new TokenWriter({ keyId: this.keyId, signer, type: JWT_SVID_TYPE });
    return buildJwtSvid(writer, {
      spiffeId,
      audience: request.audience,
      issuedAt,
      expiresAt: addSeconds(issuedAt, this.lifeSeconds),
      issuer: undefined,
      tokenId: `t${this.asked.length}`,
      ...this.wrong,
    });
  }
}
