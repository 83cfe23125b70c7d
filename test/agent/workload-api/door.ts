/** The Workload API on a real socket, with identities that the test sets. */
import { Channel as GrpcChannel } from '@grpc/grpc-js';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkloadAttestation } from '../../../agent/attest-workload/attest.ts';
import type { Peer, PeerSource } from '../../../agent/attest-workload/peer-info.ts';
import { Peers } from '../../../agent/attest-workload/peers.ts';
import type { JwtSvids } from '../../../agent/cache/jwt-source.ts';
import type { Identity, WorkloadUpdate } from '../../../agent/cache/workload-identities.ts';
import type { SdsConfig } from '../../../agent/config/sds-fields.ts';
import { type ExplainSelf, explainSelf } from '../../../agent/explain/explain-self.ts';
import { type WorkloadApi, workloadApi, type WorkloadApiDeps } from '../../../agent/workload-api/listen.ts';
import type { SpiffeWorkloadAPIDefinition } from '../../../proto/gen/SpiffeWorkloadAPI.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { type Channel, unixChannel } from '../../../shared/rpc/channel.ts';
import { type Credentials, linuxPeerKernel, linuxSetAcl } from '../../../shared/rpc/peer-kernel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakePeer } from '../../fakes/peer.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { FakeWorkloadIdentities } from '../../fakes/workload-identities.ts';

export const HEADER = { metadata: { 'workload.spiffe.io': 'true' } };
export const SELECTORS = [{ type: 'unix', value: 'uid:1000' }];

/** As without any configuration. */
export const SDS: SdsConfig = {
  isDisabled: false,
  names: { svid: 'default', bundle: 'ROOTCA', allBundles: 'ALL' },
  isSpiffeValidationDisabled: false,
};

export const bundleOf = (name: string, ...authorities: readonly string[]): Bundle => ({
  trustDomain: TrustDomain.parse(name),
  x509Authorities: authorities.map((text) => ({ certificate: Buffer.from(text), tainted: false })),
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: 0,
  sequenceNumber: 1,
});

export const identity = (path: string, changes: Partial<Identity> = {}): Identity => ({
  entryId: `entry${path}`,
  spiffeId: SpiffeId.parse(`spiffe://example.org${path}`),
  hint: '',
  chain: [Buffer.from(`leaf ${path},`), Buffer.from('intermediate')],
  privateKey: Buffer.from(`key ${path}`),
  expiresAt: new Date('2026-01-01T01:00:00Z'),
  ...changes,
});

export const update = (
  identities: readonly Identity[],
  changes: Partial<WorkloadUpdate> = {},
): WorkloadUpdate => ({
  isEntitled: identities.length > 0,
  identities,
  bundle: bundleOf('example.org', 'root1,', 'root2'),
  federatedBundles: [],
  ...changes,
});

/** Peers that are held for real: what the agent uses. */
export const realPeers = (): Peers =>
  new Peers({ kernel: linuxPeerKernel(), procPath: '/proc', requirePeerPidfd: false, log: silentLogger });

/** Each connection is another process of a user that the test chooses. */
export class FakePeers implements PeerSource {
  readonly captured: FakePeer[] = [];
  uid = 1_000;

  credentials(): Credentials {
    return { pid: 4_000_000 + this.captured.length, uid: this.uid, gid: this.uid };
  }

  capture(): Peer {
    const peer = new FakePeer(this.credentials());
    this.captured.push(peer);
    return peer;
  }

  open(): Peer {
    return this.capture();
  }
}

type DoorDeps = Partial<Omit<WorkloadApiDeps, 'config'>> & {
  readonly config?: Partial<WorkloadApiDeps['config']>;
};

export class Door {
  readonly log = new FakeLog();
  readonly clock = new FakeClock();
  readonly identities = new FakeWorkloadIdentities();
  readonly peers = new FakePeers();
  jwtSvids: Pick<JwtSvids, 'fetchAll'> = { fetchAll: async () => [] };
  readonly directory: string;
  readonly path: string;
  readonly api: WorkloadApi;
  explain: ExplainSelf = explainSelf({
    attestation: {
      report: async () => [{ name: 'unix', selectors: SELECTORS, error: undefined, notes: [], tookMs: 0 }],
    },
    identities: this.identities,
  });
  attestation: Pick<WorkloadAttestation, 'attest'> = { attest: async () => SELECTORS };
  readonly #channels: Channel[] = [];

  constructor({ config, ...deps }: DoorDeps = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'writ-door-'));
    chmodSync(this.directory, 0o755);
    this.path = join(this.directory, 'public', 'api.sock');
    this.api = workloadApi({
      identities: this.identities,
      jwtSvids: { fetchAll: (...asked) => this.jwtSvids.fetchAll(...asked) },
      explain: (peer, signal) => this.explain(peer, signal),
      attestation: { attest: (peer, signal) => this.attestation.attest(peer, signal) },
      peers: this.peers,
      setAcl: linuxSetAcl(),
      clock: this.clock,
      random: new FakeRandom(),
      log: this.log,
      ...deps,
      config: {
        socketPath: this.path,
        allowUnauthenticatedVerifiers: false,
        logSelectors: false,
        workloadApi: { isDisabled: false, allowedForeignJwtClaims: [], firstIdentityWaitSeconds: 0 },
        callLimits: new Map(),
        sds: SDS,
        ...config,
      },
    });
  }

  start(): Promise<void> {
    return this.api.start(new AbortController().signal);
  }

  channel(): Channel {
    // Else the library gives all channels to one address the same connection.
    const { target, credentials, options: shared, grpc } = unixChannel(this.path);
    grpc.close();
    const options = { ...shared, 'grpc.use_local_subchannel_pool': 1 };
    const own = new GrpcChannel(target, credentials, options);
    const channel = { target, credentials, options, grpc: own, close: () => own.close() };
    this.#channels.push(channel);
    return channel;
  }

  /** A client on a connection of its own. */
  client(): ServiceClient<SpiffeWorkloadAPIDefinition> {
    return new ServiceClient('SpiffeWorkloadAPI', this.channel());
  }

  /** FetchX509SVID without a library, on a connection of its own: nothing is read unless the test does. */
  rawCall(): { session: ClientHttp2Session; call: ClientHttp2Stream } {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(this.path) });
    const call = session.request({
      ':method': 'POST',
      ':path': '/SpiffeWorkloadAPI/FetchX509SVID',
      'content-type': 'application/grpc',
      te: 'trailers',
      'workload.spiffe.io': 'true',
    });
    return { session, call };
  }

  async stop(): Promise<void> {
    for (const channel of this.#channels) channel.close();
    await this.api.stop();
    rmSync(this.directory, { recursive: true });
  }
}

/** Resolves once the condition holds; nothing here depends on how long that takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
