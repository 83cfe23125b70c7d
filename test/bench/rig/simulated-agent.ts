/**
 * An agent without workloads: it attests, renews its SVID, follows the server's hints, and has each new entry's SVID
 * signed, over the connection of real agents. Made by agents-process.
 */
import { nextKeyId, type AgentSvid, checkAgentSvid } from '../../../agent/agent-svid/agent-svid.ts';
import { attestNode } from '../../../agent/attest-node/attest.ts';
import { joinToken } from '../../../agent/attest-node/join-token.ts';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { MemoryKeyManager } from '../../../agent/key-manager/memory.ts';
import { AgentClient } from '../../../agent/server-link/agent-client.ts';
import { BundleClient } from '../../../agent/server-link/bundle-client.ts';
import { ServerConnection } from '../../../agent/server-link/connection.ts';
import { EntryClient } from '../../../agent/server-link/entry-client.ts';
import { SvidClient } from '../../../agent/server-link/svid-client.ts';
import { tlsIdentityOf } from '../../../agent/server-link/tls-identity.ts';
import { verifyServer } from '../../../agent/server-link/verify-server.ts';
import { WatchClient } from '../../../agent/server-link/watch-client.ts';
import type { SvidRequest } from '../../../agent/sync/sign-x509.ts';
import type { SVIDDefinition } from '../../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import type { ServiceClient } from '../../../shared/rpc/client.ts';
import type { Signer } from '../../../shared/crypto/signer.ts';
import { AuthorizedEntries } from '../../../agent/sync/authorized-entries.ts';
import { Positions } from '../../../agent/sync/position.ts';
import { Trigger } from '../../../agent/sync/trigger.ts';
import { ChangeWatch } from '../../../agent/sync/watch.ts';
import { Backoff } from '../../../shared/backoff.ts';
import { systemClock } from '../../../shared/clock.ts';
import { SecretText } from '../../../shared/config/secret-text.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { systemRandom } from '../../../shared/random.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

/** Where the server is, and what to know it by. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly authorities: readonly Uint8Array[];
}

export interface Events {
  /** After each round; how long it took. */
  readonly onSynced: (ms: number) => void;
  /** A round, or the stream of hints. */
  readonly onFailed: (error: unknown) => void;
}

const NEVER = new AbortController().signal;
const NEVER_MS = 2 ** 31 - 1;
/** As agent/sync/sync: the interval of SPIRE's agents, growing. */
const RETRY = { initialMs: 5_000, maxMs: 240_000, jitter: 0.1 };

export class SimulatedAgent {
  readonly #target: Target;
  readonly #keys = new MemoryKeyManager();
  readonly #positions = new Positions();
  readonly #connection: ServerConnection;
  readonly #source: EntryClient;
  readonly #entries: AuthorizedEntries;
  readonly #stop = new AbortController();
  #svid: AgentSvid | undefined;
  #watch: ChangeWatch | undefined;
  #signed = 0;
  #lost = 0;
  #csr: Uint8Array | undefined;
  /** Of the trust domain, as last heard. */
  #authorities: readonly Uint8Array[];
  /** The last one heard of, and the last one fetched. */
  #bundleAt = { heard: 0, fetched: 0 };
  /** The SPIFFE IDs of entries that it has an SVID for, by the entry. */
  #held = new Map<AgentEntry, string>();

  constructor(target: Target) {
    this.#target = target;
    this.#authorities = target.authorities;
    this.#connection = this.#connect(() =>
      this.#svid === undefined ? undefined : tlsIdentityOf(this.#svid),
    );
    const { trustDomain } = target;
    const parts = {
      connection: this.#connection,
      positions: this.#positions,
      trustDomain,
      log: silentLogger,
    };
    this.#source = new EntryClient(parts);
    this.#entries = new AuthorizedEntries({
      source: this.#source,
      positions: this.#positions,
      useSync: true,
    });
  }

  /** Over a connection of its own, which ends with it. */
  async attest(token: string): Promise<void> {
    const { trustDomain } = this.#target;
    const connection = this.#connect(() => undefined);
    try {
      const agents = new AgentClient(connection, this.#positions);
      const bundles = new BundleClient(connection, trustDomain, this.#positions);
      const { agentSvid } = await attestNode(
        {
          server: {
            attestAgent: (request) => agents.attestAgent(request),
            getBundle: () => bundles.getBundle(),
          },
          attestor: joinToken({ token: new SecretText(token), file: undefined }),
          keys: this.#keys,
          keyId: () => nextKeyId(this.#svid),
          trustDomain,
          clock: systemClock,
          random: systemRandom,
          log: silentLogger,
        },
        NEVER,
      );
      this.#svid = agentSvid;
    } finally {
      connection.close();
    }
  }

  /** As an agent does at half of its SVID's life: a new SVID, a new connection with it, and the first call on that. */
  async renew(): Promise<void> {
    const { trustDomain } = this.#target;
    const authorities = this.#authorities;
    const agents = new AgentClient(this.#connection, this.#positions);
    const keyId = nextKeyId(this.#svid);
    const key = await this.#keys.generateKey(keyId, 'ec-p256');
    const chain = await agents.renewAgent(await buildCsr(key.signer));
    const { publicKey } = key.signer;
    const svid = checkAgentSvid({ chain, publicKey, trustDomain, authorities, at: systemClock.now() });
    this.#svid = { chain, svid, key, keyId, canReattest: false };
    this.#connection.replace();
    this.#watch?.reconnected();
    await this.#entries.fetch(NEVER);
  }

  /** So many for one entry, all for the agent's own key. */
  async newX509Svids(entryId: string, count: number): Promise<void> {
    this.#csr ??= await buildCsr(this.#signer);
    const csr = this.#csr;
    await this.#request(Array.from({ length: count }, () => ({ entryId, csr })));
  }

  async newJwtSvid(entryId: string): Promise<void> {
    await this.#connection.call(
      'spire.api.server.svid.v1.SVID',
      async (client: ServiceClient<SVIDDefinition>) => {
        const { svid } = await client.unary('NewJWTSVID', { entry_id: entryId, audience: ['service'] });
        if (svid === null) throw new Error('the server sent no token');
      },
    );
  }

  /** Over a new connection: the number of entries that it is authorized for (GetAuthorizedEntries). */
  async countEntries(): Promise<number> {
    this.#connection.replace();
    return (await this.#source.getAuthorizedEntries(NEVER)).entries.length;
  }

  holds(spiffeId: string): boolean {
    return this.#held.values().some((held) => held === spiffeId);
  }

  /** SVIDs of workloads that were signed for it. */
  get signed(): number {
    return this.#signed;
  }

  /** Entries that it had and was then told nothing of any more. */
  get lost(): number {
    return this.#lost;
  }

  /** Of the entries that it has SVIDs for. */
  get entryIds(): readonly string[] {
    return [...this.#held.keys()].map(({ id }) => id);
  }

  /** The revision of an entry that it has an SVID for. */
  revisionOf(entryId: string): number | undefined {
    return this.#held.keys().find(({ id }) => id === entryId)?.revisionNumber;
  }

  /** Has the SVIDs of all its entries signed anew, as at half of their lives. */
  async signAnew(): Promise<void> {
    await this.#haveSigned([...this.#held.keys()]);
  }

  /** Until it is closed: each hint asks for a round; after a failure it is tried again as real agents do. */
  follow(events: Events): void {
    const changed = new Trigger();
    const watch = new ChangeWatch({
      source: new WatchClient(this.#connection),
      onHint: ({ position, bundleSequence }) => {
        this.#positions.saw(position);
        this.#bundleAt.heard = bundleSequence;
        changed.poke();
      },
      onPushing: () => {},
      onFailed: events.onFailed,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    });
    this.#watch = watch;
    const { signal } = this.#stop;
    void watch.run(signal);
    void this.#rounds(changed, { ...events, signal });
  }

  async #rounds(
    changed: Trigger,
    { onSynced, onFailed, signal }: Events & { signal: AbortSignal },
  ): Promise<void> {
    const backoff = new Backoff(systemRandom, RETRY);
    let waitMs = NEVER_MS;
    while (!signal.aborted) {
      await changed.wait(systemClock, waitMs, signal).catch(() => {});
      const startedMs = systemClock.monotonicMs();
      try {
        await this.#sync();
        backoff.reset();
        waitMs = NEVER_MS;
        onSynced(systemClock.monotonicMs() - startedMs);
      } catch (error) {
        waitMs = backoff.next();
        onFailed(error);
      }
    }
  }

  async #sync(): Promise<void> {
    if (this.#bundleAt.heard !== this.#bundleAt.fetched) await this.#fetchBundle();
    const entries = await this.#entries.fetch(this.#stop.signal);
    this.#countLost(entries);
    const added = entries.filter((entry) => !this.#held.has(entry));
    if (added.length > 0) await this.#haveSigned(added);
    this.#held = new Map(entries.map((entry) => [entry, entry.spiffeId.toString()]));
  }

  async #fetchBundle(): Promise<void> {
    const { heard } = this.#bundleAt;
    const bundle = await new BundleClient(
      this.#connection,
      this.#target.trustDomain,
      this.#positions,
    ).getBundle();
    this.#authorities = bundle.x509Authorities.map(({ certificate }) => certificate);
    this.#bundleAt.fetched = heard;
  }

  #countLost(entries: readonly AgentEntry[]): void {
    const ids = new Set(entries.map(({ id }) => id));
    if (ids.size !== entries.length) throw new Error('an entry came twice');
    for (const { id } of this.#held.keys()) if (!ids.has(id)) this.#lost += 1;
  }

  async #haveSigned(entries: readonly AgentEntry[]): Promise<void> {
    const csr = await buildCsr(this.#signer);
    await this.#request(entries.map(({ id }) => ({ entryId: id, csr })));
  }

  get #signer(): Signer {
    if (this.#svid === undefined) throw new Error('the agent has not attested');
    return this.#svid.key.signer;
  }

  async #request(requests: readonly SvidRequest[]): Promise<void> {
    const client = new SvidClient(this.#connection, this.#positions);
    const results = await client.newX509Svids(requests, this.#stop.signal);
    const failed = results.find(({ ok }) => !ok);
    if (failed !== undefined) throw new Error(`an SVID was refused: ${JSON.stringify(failed)}`);
    this.#signed += requests.length;
  }

  close(): void {
    this.#stop.abort(new Error('the bench is over'));
    this.#connection.close();
  }

  #connect(identity: ConstructorParameters<typeof ServerConnection>[0]['identity']): ServerConnection {
    const { host, port, trustDomain } = this.#target;
    return new ServerConnection({
      host,
      port,
      trustDomain,
      requirePqKem: false,
      identity,
      verifyServer: verifyServer({
        trust: () => ({ kind: 'authorities', authorities: this.#authorities }),
        trustDomain,
        clock: systemClock,
      }),
    });
  }
}
