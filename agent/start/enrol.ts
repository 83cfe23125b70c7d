/**
 * How the agent comes by an SVID and a bundle when it starts: those of the last run where they still serve, else by
 * attesting its node, over a connection of its own without a certificate. Called by agent.ts.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { measured, type Metrics, noMetrics } from '../../shared/telemetry/metrics.ts';
import { nextKeyId } from '../agent-svid/agent-svid.ts';
import type { AgentStateStore, OwnSvid } from '../agent-svid/own-svid.ts';
import { type Attested, attestNode } from '../attest-node/attest.ts';
import { makeNodeAttestor } from '../attest-node/registry.ts';
import { findServerTrust, type ServerTrust } from '../bootstrap/trust-bundle.ts';
import type { AgentConfig } from '../config.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { AgentClient } from '../server-link/agent-client.ts';
import { BundleClient } from '../server-link/bundle-client.ts';
import { ServerConnection } from '../server-link/connection.ts';
import { verifyServer } from '../server-link/verify-server.ts';
import { Positions } from '../sync/position.ts';

export interface EnrolParts {
  readonly config: AgentConfig;
  readonly state: AgentStateStore;
  readonly keys: KeyManager;
  readonly own: OwnSvid;
  /** Undefined: nobody reads them. */
  readonly metrics?: Metrics | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Afterwards `own` has an SVID; resolves with the bundle that goes with it. Rejects with what has to be mended. */
export async function enrol(parts: EnrolParts, signal: AbortSignal): Promise<Bundle> {
  const { state, config, log, own } = parts;
  const reuse = await loadStored(parts);
  if (reuse !== undefined) return reuse;
  log.info('SVID is not found. Starting node attestation', { trustDomain: config.trustDomain.name });
  const trust = findServerTrust({
    stored: state.state.bundle,
    config: config.bootstrap,
    trustDomain: config.trustDomain,
  });
  if (trust.kind === 'anyone')
    log.warn(
      'insecure_bootstrap: whoever answers is taken for the server this once; never use it in production',
    );
  state.store({}); // a join token is good once: not to be spent where its SVID cannot be kept
  const { agentSvid, bundle } = await attest(parts, trust, signal);
  state.store({ bundle: bundle.x509Authorities.map(({ certificate }) => certificate) });
  own.install(agentSvid);
  log.info('Node attestation was successful', {
    spiffeId: agentSvid.svid.id.toString(),
    expiresAt: agentSvid.svid.expiresAt,
    reattestable: agentSvid.canReattest,
  });
  return bundle;
}

/** The bundle of the last run, when its SVID serves too. */
async function loadStored({ own, keys, state, config, clock, log }: EnrolParts): Promise<Bundle | undefined> {
  const { bundle } = state.state;
  const found = await own.load(keys, clock.now());
  if (found === 'expired') log.warn('the stored agent SVID has expired');
  if (found === 'key-is-gone')
    log.warn('the key of the stored agent SVID is gone, as it is when keys are kept in memory');
  const id = own.current?.svid.id;
  if (id === undefined || bundle.length === 0) return undefined;
  if (!id.isMemberOf(config.trustDomain)) {
    throw new CodedError(
      Code.failedPrecondition,
      `data_dir holds an SVID of "${id}", trust_domain is "${config.trustDomain}": correct it, or use another data_dir`,
    );
  }
  log.info('agent SVID of the last run is used', {
    spiffeId: id.toString(),
    expiresAt: own.current?.svid.expiresAt,
  });
  return {
    trustDomain: config.trustDomain,
    x509Authorities: bundle.map((certificate) => ({ certificate, tainted: false })),
    jwtAuthorities: [],
    witAuthorities: [],
    refreshHintSeconds: 0,
    sequenceNumber: 0,
  };
}

/** Attests the node over a connection without a certificate; what comes of it is the caller's to install. */
export async function attest(parts: EnrolParts, trust: ServerTrust, signal: AbortSignal): Promise<Attested> {
  const { config, keys, own, metrics = noMetrics, clock, random, log } = parts;
  const { trustDomain } = config;
  const connection = new ServerConnection({
    host: config.serverAddress,
    port: config.serverPort,
    trustDomain,
    requirePqKem: config.requirePqKem,
    identity: () => undefined,
    verifyServer: verifyServer({ trust: () => trust, trustDomain, clock }),
  });
  const positions = new Positions();
  const agents = new AgentClient(connection, positions);
  const bundles = new BundleClient(connection, trustDomain, positions);
  const deed = (): Promise<Attested> =>
    attestNode(
      {
        server: {
          attestAgent: (request) => agents.attestAgent(request),
          getBundle: () => bundles.getBundle(),
        },
        attestor: makeNodeAttestor(config, { random }),
        keys,
        keyId: () => nextKeyId(own.current),
        trustDomain,
        clock,
        random,
        log,
      },
      signal,
    );
  try {
    return await measured(metrics, 'node.attestor.new_svid', deed);
  } finally {
    connection.close();
  }
}
