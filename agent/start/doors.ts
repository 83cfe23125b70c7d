/** The sockets of the agent, with what finds out who calls on them: opened once there is something to serve. Listed in agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { LogThreshold } from '../../shared/log/log-level.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { linuxPeerKernel, linuxSetAcl } from '../../shared/rpc/peer-kernel.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Telemetry } from '../../shared/telemetry/make-telemetry.ts';
import { Delegates } from '../admin-api/delegates.ts';
import { findSubject } from '../admin-api/delegated-identity/subject.ts';
import { adminApi } from '../admin-api/listen.ts';
import type { OwnSvid } from '../agent-svid/own-svid.ts';
import { type WorkloadAttestation, workloadAttestation } from '../attest-workload/attest.ts';
import { Peers } from '../attest-workload/peers.ts';
import { workloadAttestors } from '../attest-workload/registry.ts';
import type { AgentConfig } from '../config.ts';
import { explainProcess } from '../explain/explain-process.ts';
import { explainSelf } from '../explain/explain-self.ts';
import { PushTurns } from '../workload-api/push-turns.ts';
import { type WorkloadApiDeps, workloadApi } from '../workload-api/listen.ts';
import type { Engine } from './engine.ts';
import { countingAttestation, countingAttestor, metricsParts, watch } from './metrics.ts';

export interface DoorsNeeds {
  readonly config: AgentConfig;
  readonly engine: Pick<Engine, 'cache' | 'bundles' | 'jwtSvids' | 'wit'>;
  readonly own: OwnSvid;
  /** By the steady clock, when the agent began. */
  readonly startedMs: number;
  readonly threshold: LogThreshold;
  readonly telemetry: Telemetry;
  /** Where the host's processes are seen. */
  readonly procPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the Workload API; default: what this process has descriptors for. */
  readonly connectionLimits: WorkloadApiDeps['limits'] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function doors(needs: DoorsNeeds): readonly Part[] {
  const { config, engine, connectionLimits: limits, clock, random, log } = needs;
  const { cache: identities, jwtSvids, wit } = engine;
  const callers = callersOf(needs);
  const { peers, attestation } = callers;
  const { metrics, prometheus } = needs.telemetry;
  if (metrics !== undefined) watch(metrics, { ...needs, peers });
  return [
    ...metricsParts({ ...needs, prometheus, bundles: engine.bundles }),
    workloadApi({
      config,
      identities,
      jwtSvids,
      wit: wit && { identities: wit.cache, support: wit.support },
      explain: explainSelf({ attestation, identities }),
      attestation,
      peers,
      setAcl: linuxSetAcl(),
      metrics,
      clock,
      random,
      log,
      ...(limits === undefined ? {} : { limits }),
    }),
    adminDoor(needs, callers),
  ];
}

interface Callers {
  readonly peers: Peers;
  readonly attestation: WorkloadAttestation;
}

function callersOf(needs: DoorsNeeds): Callers {
  const { config, procPath, environment, telemetry, clock, log } = needs;
  const { metrics } = telemetry;
  const { requirePeerPidfd } = config;
  const peers = new Peers({ kernel: linuxPeerKernel(), procPath, requirePeerPidfd, log });
  const attestors = workloadAttestors(config.workloadAttestors, { clock, log, environment }).map((attestor) =>
    countingAttestor(attestor, metrics),
  );
  const attestation = countingAttestation(workloadAttestation({ attestors, clock, log }), metrics);
  return { peers, attestation };
}

function adminDoor(needs: DoorsNeeds, { peers, attestation }: Callers): Part {
  const { config, engine, own, startedMs, threshold, clock, log } = needs;
  const { cache: identities, bundles, jwtSvids } = engine;
  return adminApi({
    config,
    routes: {
      explain: explainProcess({ peers, attestation, identities }),
      debug: { clock, startedMs, own, bundles, identities, svids: identities, jwtSvids },
      delegated: {
        findSubject: findSubject({ peers, attestation }),
        identities,
        bundles,
        jwtSvids,
        turns: new PushTurns(),
      },
      identities,
      threshold,
    },
    delegates: new Delegates({ authorized: config.authorizedDelegates, attestation, identities }),
    peers,
    metrics: needs.telemetry.metrics,
    clock,
    log,
  });
}
