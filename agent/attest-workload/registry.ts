/** Workload attestors by the name of their plugin block. Read by agent.ts alone. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { WorkloadAttestorConfigs } from '../config/workload-attestor-plugins.ts';
import { ownProcess } from './container-id.ts';
import { ExeDigests } from './exe-digests.ts';
import { idNames } from './id-names.ts';
import { k8s } from './k8s/k8s.ts';
import { kubeletClient } from './k8s/kubelet-client.ts';
import { unix } from './unix.ts';
import type { WorkloadAttestor } from './workload-attestor.ts';

export interface WorkloadAttestorDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

type Configs = Required<WorkloadAttestorConfigs>;
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
  k8s: (config, { clock, log: parent, environment = {} }) => {
    const log = parent.child({ attestor: 'k8s' });
    const nodeName = (config.nodeName ?? environment[config.nodeNameEnv]) || undefined;
    const kubelet = kubeletClient({ kubelet: config.kubelet, nodeName, clock, log });
    return k8s({ config, kubelet, own: ownProcess(), clock, log });
  },
} satisfies Factories;

/** One attestor per configured block. */
export const workloadAttestors = (
  configs: WorkloadAttestorConfigs,
  deps: WorkloadAttestorDeps,
): readonly WorkloadAttestor[] => [
  ...(configs.unix === undefined ? [] : [factories.unix(configs.unix, deps)]),
  ...(configs.k8s === undefined ? [] : [factories.k8s(configs.k8s, deps)]),
];
