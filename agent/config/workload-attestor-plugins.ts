/** The `WorkloadAttestor` blocks of agent.conf. Called by plugins. */
import { boolean, integer } from '../../shared/config/kinds.ts';
import { defaulting, type PluginSpec, type Shape } from '../../shared/config/shape.ts';
import { type K8sAttestorConfig, k8sAttestorFields } from './k8s-attestor-fields.ts';

export interface UnixAttestorConfig {
  /** Also give the `unix:path:` and `unix:sha256:` selectors of the workload's binary. */
  readonly discoverWorkloadPath: boolean;
  /** Largest binary to hash, in bytes; 0 = any, negative = never hash. */
  readonly workloadSizeLimit: number;
}

/** Those that are configured. */
export interface WorkloadAttestorConfigs {
  readonly unix?: UnixAttestorConfig;
  readonly k8s?: K8sAttestorConfig;
}

export const workloadAttestorPlugins: PluginSpec<WorkloadAttestorConfigs> = {
  count: 'at-least-one',
  doc: 'how the agent learns what a workload is; at least one',
  kinds: {
    unix: {
      doc: 'by the process: its user, groups and binary',
      shape: (block) => ({ unix: unixAttestorFields(block) }),
    },
    k8s: {
      doc: 'by its pod and container in Kubernetes, as the kubelet of this node lists them',
      shape: (block) => ({ k8s: k8sAttestorFields(block) }),
    },
  },
  notYet: ['docker', 'systemd', 'slurm', 'windows'],
  ifNotYet: 'refuse',
};

const unixAttestorFields: Shape<UnixAttestorConfig> = (block) => ({
  discoverWorkloadPath: block.field(
    'discover_workload_path',
    defaulting(boolean, false, { doc: 'also the selectors `path` and `sha256` of the binary' }),
  ),
  workloadSizeLimit: block.field(
    'workload_size_limit',
    defaulting(integer(Number.MIN_SAFE_INTEGER), 0, {
      doc: 'largest binary to hash, in bytes; 0: any, negative: none',
    }),
  ),
});
