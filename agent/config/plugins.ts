/** The `plugins {}` of agent.conf: key manager, node attestor, workload attestors. Called by agent/config. */
import { boolean, integer, path } from '../../shared/config/kinds.ts';
import { defaulting, type PluginSpec, required, type Shape } from '../../shared/config/shape.ts';
import { type NodeAttestorConfig, nodeAttestorPlugins } from './node-attestor-plugin.ts';

export type AgentKeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly directory: string };

export interface UnixAttestorConfig {
  /** Also give the `unix:path:` and `unix:sha256:` selectors of the workload's binary. */
  readonly discoverWorkloadPath: boolean;
  /** Largest binary to hash, in bytes; 0 = any, negative = never hash. */
  readonly workloadSizeLimit: number;
}

export interface AgentPlugins {
  readonly keyManager: AgentKeyManagerConfig;
  readonly nodeAttestor: NodeAttestorConfig;
  readonly workloadAttestors: { readonly unix: UnixAttestorConfig };
}

export const agentPlugins: Shape<AgentPlugins> = (block) => {
  const [keyManager] = block.plugins('KeyManager', keyManagers);
  const [nodeAttestor] = block.plugins('NodeAttestor', nodeAttestorPlugins);
  const [unix] = block.plugins('WorkloadAttestor', workloadAttestors);
  block.plugins('SVIDStore', svidStores);
  return {
    keyManager: keyManager?.value ?? { kind: 'memory' },
    nodeAttestor: nodeAttestor?.value ?? { kind: 'join_token' },
    workloadAttestors: { unix: unix?.value ?? { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
  };
};

const keyManagers: PluginSpec<AgentKeyManagerConfig> = {
  count: 'exactly-one',
  doc: "keeps the agent's own key; exactly one",
  kinds: {
    memory: {
      doc: 'the key is lost with the process: each start attests anew',
      shape: () => ({ kind: 'memory' }),
    },
    disk: {
      doc: 'the key in a file',
      shape: (block) => ({
        kind: 'disk',
        directory: block.field('directory', required(path, 'the directory of the file')),
      }),
    },
  },
  notYet: [],
  ifNotYet: 'refuse',
};

const workloadAttestors: PluginSpec<UnixAttestorConfig> = {
  count: 'at-least-one',
  doc: 'how the agent learns what a workload is; at least one',
  kinds: {
    unix: {
      doc: 'by the process: its user, groups and binary',
      shape: (block) => ({
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
      }),
    },
  },
  notYet: ['docker', 'k8s', 'systemd', 'slurm', 'windows'],
  ifNotYet: 'refuse',
};

const svidStores: PluginSpec<undefined> = {
  count: 'any',
  doc: 'writes SVIDs into a store of secrets',
  kinds: {},
  notYet: ['aws_secretsmanager', 'gcp_secretmanager'],
  ifNotYet: 'refuse',
};
