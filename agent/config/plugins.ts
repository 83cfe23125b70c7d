/** The `plugins {}` of agent.conf: key manager, node attestor, workload attestors. Called by agent/config. */
import { path } from '../../shared/config/kinds.ts';
import { type PluginSpec, required, type Shape } from '../../shared/config/shape.ts';
import { type NodeAttestorConfig, nodeAttestorPlugins } from './node-attestor-plugin.ts';
import { type WorkloadAttestorConfigs, workloadAttestorPlugins } from './workload-attestor-plugins.ts';

export type AgentKeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly directory: string };

export interface AgentPlugins {
  readonly keyManager: AgentKeyManagerConfig;
  readonly nodeAttestor: NodeAttestorConfig;
  readonly workloadAttestors: WorkloadAttestorConfigs;
}

export const agentPlugins: Shape<AgentPlugins> = (block) => {
  const [keyManager] = block.plugins('KeyManager', keyManagers);
  const [nodeAttestor] = block.plugins('NodeAttestor', nodeAttestorPlugins);
  const attestors = block.plugins('WorkloadAttestor', workloadAttestorPlugins);
  block.plugins('SVIDStore', svidStores);
  return {
    keyManager: keyManager?.value ?? { kind: 'memory' },
    nodeAttestor: nodeAttestor?.value ?? { kind: 'join_token' },
    workloadAttestors: attestors.reduce<WorkloadAttestorConfigs>(
      (all, { value }) => ({ ...all, ...value }),
      {},
    ),
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

const svidStores: PluginSpec<undefined> = {
  count: 'any',
  doc: 'writes SVIDs into a store of secrets',
  kinds: {},
  notYet: ['aws_secretsmanager', 'gcp_secretmanager'],
  ifNotYet: 'refuse',
};
