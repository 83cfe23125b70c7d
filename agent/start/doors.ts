/** The sockets of the agent, with what finds out who calls on them: opened once there is something to serve. Listed in agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { linuxPeerKernel, linuxSetAcl } from '../../shared/rpc/peer-kernel.ts';
import type { Part } from '../../shared/tasks.ts';
import { adminApi } from '../admin-api/listen.ts';
import { workloadAttestation } from '../attest-workload/attest.ts';
import { Peers } from '../attest-workload/peers.ts';
import { workloadAttestors } from '../attest-workload/registry.ts';
import type { AgentConfig } from '../config.ts';
import { explainProcess } from '../explain/explain-process.ts';
import { explainSelf } from '../explain/explain-self.ts';
import { type WorkloadApiDeps, workloadApi } from '../workload-api/listen.ts';
import type { Engine } from './engine.ts';

export interface DoorsNeeds {
  readonly config: AgentConfig;
  readonly engine: Pick<Engine, 'cache' | 'jwtSvids'>;
  /** Where the host's processes are seen. */
  readonly procPath: string;
  /** Of the Workload API; default: what this process has descriptors for. */
  readonly connectionLimits: WorkloadApiDeps['limits'] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function doors({
  config,
  engine,
  procPath,
  connectionLimits: limits,
  clock,
  random,
  log,
}: DoorsNeeds): readonly Part[] {
  const { cache: identities, jwtSvids } = engine;
  const { requirePeerPidfd } = config;
  const peers = new Peers({ kernel: linuxPeerKernel(), procPath, requirePeerPidfd, log });
  const attestors = workloadAttestors(config.workloadAttestors, { clock, log });
  const attestation = workloadAttestation({ attestors, clock, log });
  return [
    workloadApi({
      config,
      identities,
      jwtSvids,
      explain: explainSelf({ attestation, identities }),
      attestation,
      peers,
      setAcl: linuxSetAcl(),
      clock,
      random,
      log,
      ...(limits === undefined ? {} : { limits }),
    }),
    adminApi({ config, explain: explainProcess({ peers, attestation, identities }), peers, clock, log }),
  ];
}
