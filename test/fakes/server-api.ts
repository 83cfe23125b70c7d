/**
 * A small SPIRE server for tests of the agent: real TLS and gRPC, everything else in memory and by the test's clock.
 * Knows one agent. It can be stopped and started again on its port, told to fail, to lag, to ban.
 */
import type { AttestAgentRequestOutput } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { RenewAgentRequestOutput } from '../../proto/gen/spire/api/server/agent/v1/RenewAgentRequest.ts';
import type { SyncAuthorizedEntriesRequestOutput } from '../../proto/gen/spire/api/server/entry/v1/SyncAuthorizedEntriesRequest.ts';
import type { BatchNewX509SVIDRequestOutput } from '../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDRequest.ts';
import type { Clock } from '../../shared/clock.ts';
import { addSeconds, unixSeconds } from '../../shared/clock.ts';
import { Code, notFound } from '../../shared/errors.ts';
import { bidi, type Call, type Routes, type Send, serverStream, unary } from '../../shared/rpc/handler.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import { TlsListener } from '../../shared/tls/listen.ts';
import { FakeAgentRow } from './server-agent.ts';
import { FakeAuthority } from './server-authority.ts';
import { type FakeEntry, syncEntries, wireEntries } from './server-entries.ts';

export interface FakeServerOptions {
  readonly clock: Clock;
  readonly trustDomain?: string;
  /** False: as a genuine SPIRE server, without our stream of hints. */
  readonly pushes?: boolean;
}

interface Peer {
  readonly chain: readonly Uint8Array[];
}
interface Watcher {
  readonly send: Send<object>;
  /** One after the other. */
  sent: Promise<void>;
}
interface Context {
  readonly call: Call<Peer>;
}

const YEAR_SECONDS = 365 * 86_400;

export class FakeServer {
  readonly trustDomain: string;
  readonly entries = new Map<string, FakeEntry>();
  readonly calls: string[] = [];
  readonly authority: FakeAuthority;
  readonly agent: FakeAgentRow;
  /** Ids of entries that get a certificate with another ID. */
  readonly badSvids = new Set<string>();
  readonly fullEntriesSent: string[] = [];
  /** Positions that callers said they had seen. */
  readonly positionsSeen: string[] = [];
  svidTtlSeconds = 3_600;
  pageSize = 500;
  /** What an RPC, by its name, fails with. */
  faults: Record<string, Error> = {};
  /** Awaited before an RPC is answered. */
  gates: Record<string, Promise<void>> = {};
  epoch = 'e1';
  n = 1;
  bundleSequence = 1;
  port = 0;
  readonly #clock: Clock;
  readonly #pushes: boolean;
  readonly #watchers = new Set<Watcher>();
  #rpc: RpcServer<Peer, Context> | undefined;
  #listener: TlsListener | undefined;

  private constructor(
    { clock, trustDomain = 'example.org', pushes = true }: FakeServerOptions,
    authority: FakeAuthority,
  ) {
    this.trustDomain = trustDomain;
    this.authority = authority;
    this.agent = new FakeAgentRow({ trustDomain, authority, clock });
    this.#clock = clock;
    this.#pushes = pushes;
  }

  static async start(options: FakeServerOptions): Promise<FakeServer> {
    const now = options.clock.now();
    const authority = await FakeAuthority.make(
      options.trustDomain ?? 'example.org',
      addSeconds(now, -60),
      addSeconds(now, YEAR_SECONDS),
    );
    const server = new FakeServer(options, authority);
    await server.start();
    return server;
  }

  async start(serverPath = '/spire/server', lifeSeconds = YEAR_SECONDS): Promise<void> {
    const now = this.#clock.now();
    const rpc = new RpcServer<Peer, Context>({
      routes: this.#routes(),
      gate: (call, _request, run) => this.#gate(call, run),
    });
    this.#rpc = rpc;
    this.#listener = new TlsListener({
      identity: await this.authority.serve({
        spiffeId: `spiffe://${this.trustDomain}${serverPath}`,
        notBefore: addSeconds(now, -10),
        notAfter: addSeconds(now, lifeSeconds),
      }),
      requirePqKem: false,
      admit: () => true,
      onConnection: ({ socket, chain }) => rpc.inject(socket, { chain }),
      onTlsError: () => {},
    });
    this.port = await this.#listener.listen('127.0.0.1', this.port);
  }

  /** The port stays reserved for `start`. */
  async stop(): Promise<void> {
    this.#listener?.close();
    await this.#rpc?.stop(100);
    this.#watchers.clear();
  }

  get connectionCount(): number {
    return this.#rpc?.connectionCount ?? 0;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  callsOf(rpc: string): number {
    return this.calls.filter((call) => call === rpc).length;
  }

  put(entry: FakeEntry): void {
    this.entries.set(entry.id, entry);
    this.changed();
  }

  delete(id: string): void {
    this.entries.delete(id);
    this.changed();
  }

  /** A change of whatever is authorized: the next number, and a hint. */
  changed(): void {
    this.n += 1;
    this.hint();
  }

  hint(): void {
    for (const watcher of this.#watchers) {
      const state = this.#state();
      watcher.sent = watcher.sent.then(() => watcher.send(state)).catch(() => {});
    }
  }

  #state(): object {
    return {
      epoch: this.epoch,
      entries_changed_at: String(this.n),
      bundle_sequence: String(this.bundleSequence),
    };
  }

  async #gate(call: Call<Peer>, run: (context: Context) => Promise<void>): Promise<void> {
    const rpc = call.method.split('/').at(-1) ?? '';
    this.calls.push(rpc);
    this.positionsSeen.push(...call.metadata('writ-position'));
    await this.gates[rpc];
    const fault = this.faults[rpc];
    if (fault !== undefined) throw fault;
    if (rpc !== 'AttestAgent' && rpc !== 'GetBundle') this.agent.check(call.peer.chain);
    await run({ call });
  }

  #routes(): Routes<Context> {
    return {
      'spire.api.server.agent.v1.Agent': {
        AttestAgent: bidi((requests: AsyncIterable<AttestAgentRequestOutput>, _context: Context, send) =>
          this.agent.attest(requests, send),
        ),
        RenewAgent: unary((request: RenewAgentRequestOutput, _context: Context) => this.agent.renew(request)),
        PostStatus: unary(async (_request: object, _context: Context) => ({})),
      },
      'spire.api.server.entry.v1.Entry': {
        GetAuthorizedEntries: unary(async (_request: object, _context: Context) => ({
          entries: wireEntries(this.entries.values(), this.trustDomain),
        })),
        SyncAuthorizedEntries: bidi(
          (requests: AsyncIterable<SyncAuthorizedEntriesRequestOutput>, { call }: Context, send) =>
            this.#sync(requests, call, send),
        ),
      },
      'spire.api.server.bundle.v1.Bundle': {
        GetBundle: unary(async (_request: object, _context: Context) => this.#bundle()),
        GetFederatedBundle: unary(async (_request: object, _context: Context) => {
          throw notFound('bundle not found');
        }),
      },
      'spire.api.server.svid.v1.SVID': {
        BatchNewX509SVID: unary((request: BatchNewX509SVIDRequestOutput, _context: Context) =>
          this.#sign(request),
        ),
      },
      ...(this.#pushes
        ? {
            'writ.sync.v1.Sync': {
              Watch: serverStream((_request: object, { call }: Context, send) => this.#watch(call, send)),
            },
          }
        : {}),
    };
  }

  #bundle(): object {
    return {
      trust_domain: this.trustDomain,
      x509_authorities: [{ asn1: Buffer.from(this.authority.root.raw) }],
      sequence_number: String(this.bundleSequence),
    };
  }

  async #sync(
    requests: AsyncIterable<SyncAuthorizedEntriesRequestOutput>,
    call: Call<Peer>,
    send: Send<object>,
  ): Promise<void> {
    if (this.#pushes) call.setHeader('writ-position', `${this.epoch}/${this.n}`);
    const all = wireEntries(this.entries.values(), this.trustDomain);
    const onFull = (ids: readonly string[]): void => void this.fullEntriesSent.push(...ids);
    await syncEntries(requests, send, { all, pageSize: this.pageSize, onFull });
  }

  async #sign({ params }: BatchNewX509SVIDRequestOutput): Promise<object> {
    return { results: await Promise.all(params.map(({ entry_id, csr }) => this.#signOne(entry_id, csr))) };
  }

  async #signOne(entryId: string, csr: Buffer): Promise<object> {
    const entry = this.entries.get(entryId);
    if (entry === undefined)
      return { status: { code: Code.notFound, message: 'entry not found or not authorized' } };
    const path = this.badSvids.has(entryId) ? '/somebody-else' : entry.path;
    const now = this.#clock.now();
    const certificate = await this.authority.issueFor(csr, {
      spiffeId: `spiffe://${this.trustDomain}${path}`,
      notBefore: addSeconds(now, -10),
      notAfter: addSeconds(now, this.svidTtlSeconds),
    });
    const expiresAt = String(unixSeconds(addSeconds(now, this.svidTtlSeconds)));
    return {
      status: { code: 0, message: 'OK' },
      svid: { cert_chain: [Buffer.from(certificate)], expires_at: expiresAt },
    };
  }

  async #watch(call: Call<Peer>, send: Send<object>): Promise<void> {
    const watcher: Watcher = { send, sent: send(this.#state()) };
    this.#watchers.add(watcher);
    try {
      await new Promise((_, reject) =>
        call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true }),
      );
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}
