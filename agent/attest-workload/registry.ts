/** Workload attestors by the name of their plugin block. Read by agent.ts alone. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { AgentPlugins } from '../config/plugins.ts';
import { ExeDigests } from './exe-digests.ts';
import { idNames } from './id-names.ts';
import { unix } from './unix.ts';
import type { WorkloadAttestor } from './workload-attestor.ts';

export interface WorkloadAttestorDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

type Configs = AgentPlugins['workloadAttestors'];
type Factories = {
  readonly [Name in keyof Configs]: (config: Configs[Name], deps: WorkloadAttestorDeps) => WorkloadAttestor;
};

const factories = {
  unix: (config, { clock, log }) =>
    unix({
      config,
      users: idNames('/etc/passwd'),
      groups: idNames('/etc/group'),
      digests: new ExeDigests(clock),
      log: log.child({ attestor: 'unix' }),
    }),
} satisfies Factories;

/** One attestor per configured block. */
export const workloadAttestors = (
  configs: Configs,
  deps: WorkloadAttestorDeps,
): readonly WorkloadAttestor[] => [factories.unix(configs.unix, deps)];
