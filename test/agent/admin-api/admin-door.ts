/** The admin socket as it is, with callers, identities and bundles that the test sets. */
import { Channel as GrpcChannel } from '@grpc/grpc-js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Delegates } from '../../../agent/admin-api/delegates.ts';
import { findSubject } from '../../../agent/admin-api/delegated-identity/subject.ts';
import { type AdminApiDeps, adminApi } from '../../../agent/admin-api/listen.ts';
import type { AgentSvid } from '../../../agent/agent-svid/agent-svid.ts';
import type { WorkloadAttestation } from '../../../agent/attest-workload/attest.ts';
import type { Peer, PeerSource } from '../../../agent/attest-workload/peer-info.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import type { JwtSvids } from '../../../agent/cache/jwt-source.ts';
import { explainProcess } from '../../../agent/explain/explain-process.ts';
import { PushTurns } from '../../../agent/workload-api/push-turns.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { LogThreshold } from '../../../shared/log/log-level.ts';
import { type Channel, unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { parseSelector, type Selector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeWorkloadIdentities } from '../../fakes/workload-identities.ts';
import { bundleOf } from '../cache/cache-testbed.ts';
import { FakePeers } from '../workload-api/door.ts';

export const DELEGATE = SpiffeId.parse('spiffe://example.org/delegate');
const DELEGATE_SELECTORS = [parseSelector('unix:uid:0')];

export interface AdminDoorDeps extends Partial<Pick<AdminApiDeps, 'connectionsMax' | 'ownUid'>> {
  readonly isShared?: boolean;
  readonly peers?: PeerSource;
  readonly attestation?: WorkloadAttestation;
  readonly bundle?: Bundle;
  readonly own?: AgentSvid;
  readonly authorized?: readonly SpiffeId[];
}

export class AdminDoor {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly identities = new FakeWorkloadIdentities();
  readonly peers = new FakePeers();
  readonly bundles: BundleCache;
  readonly threshold = new LogThreshold('info');
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-admin-'));
  readonly path = join(this.directory, 'data', 'admin.sock');
  /** What processes are found to be, by pid; all others are the delegate. */
  readonly selectorsOf = new Map<number, readonly Selector[]>();
  /** What the attestation of any process throws. */
  attestationFault: Error | undefined;
  svidCount = 0;
  readonly jwtSvids = { count: 0 };
  fetchJwtSvids: JwtSvids['fetchAll'] = async () => [];
  readonly #api: ReturnType<typeof adminApi>;
  readonly #channels: Channel[] = [];

  constructor({
    peers = this.peers,
    attestation = this.#attestation(),
    own,
    isShared = false,
    authorized = [DELEGATE],
    bundle = bundleOf('example.org'),
    ...deps
  }: AdminDoorDeps = {}) {
    const { clock, log, identities, threshold } = this;
    this.bundles = new BundleCache(bundle);
    this.#api = adminApi({
      config: { adminSocketPath: this.path, isAdminSocketShared: isShared },
      routes: {
        explain: explainProcess({ peers, attestation, identities }),
        debug: {
          clock,
          startedMs: clock.monotonicMs(),
          own: { current: own },
          bundles: this.bundles,
          identities,
          svids: this,
          jwtSvids: this.jwtSvids,
        },
        delegated: {
          findSubject: findSubject({ peers, attestation }),
          identities,
          bundles: this.bundles,
          jwtSvids: { fetchAll: (...asked) => this.fetchJwtSvids(...asked) },
          turns: new PushTurns(),
        },
        identities,
        threshold,
      },
      delegates: new Delegates({ authorized, attestation, identities }),
      peers,
      clock,
      log,
      ownUid: 1_000,
      ...deps,
    });
  }

  #attestation(): WorkloadAttestation {
    return {
      attest: async ({ pid }: Peer) => {
        if (this.attestationFault !== undefined) throw this.attestationFault;
        return this.selectorsOf.get(pid) ?? DELEGATE_SELECTORS;
      },
      report: async () => [],
    };
  }

  /** The entry by which a caller is the delegate. */
  readonly delegateEntry = {
    entryId: 'delegate',
    spiffeId: DELEGATE,
    selectors: DELEGATE_SELECTORS,
    hasSvid: true,
  };

  start(): Promise<void> {
    return this.#api.start(new AbortController().signal);
  }

  /** On a connection of its own. */
  client<Definition>(service: string): ServiceClient<Definition> {
    const { target, credentials, options: shared, grpc } = unixChannel(this.path);
    grpc.close();
    const options = { ...shared, 'grpc.use_local_subchannel_pool': 1 };
    const own = new GrpcChannel(target, credentials, options);
    const channel = { target, credentials, options, grpc: own, close: () => own.close() };
    this.#channels.push(channel);
    return new ServiceClient(service, channel);
  }

  async stop(): Promise<void> {
    for (const channel of this.#channels) channel.close();
    await this.#api.stop();
    rmSync(this.directory, { recursive: true });
  }
}
