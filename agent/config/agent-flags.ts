/** The agent's flags that stand above its file. A table alone: the command line lists it without loading the configuration. */
import type { ConfigFlag, FlagValues } from '../../shared/config/flags.ts';
import { logFlags } from '../../shared/config/log-flags.ts';

/** Flags of `agent run` and `agent validate` that stand above the file. */
export const agentFlags = [
  { name: 'trustDomain', key: 'trust_domain', takesValue: true, doc: 'trust domain of this agent' },
  {
    name: 'serverAddress',
    key: 'server_address',
    takesValue: true,
    doc: 'DNS name or IP address of the server',
  },
  { name: 'serverPort', key: 'server_port', takesValue: true, doc: 'port of the server' },
  {
    name: 'joinToken',
    key: 'join_token',
    takesValue: true,
    doc: 'join token for the first start; seen by all in the list of processes',
  },
  {
    name: 'joinTokenFile',
    key: 'join_token_file',
    takesValue: true,
    doc: 'file that holds the join token',
    isPath: true,
  },
  {
    name: 'trustBundle',
    key: 'trust_bundle_path',
    takesValue: true,
    doc: "file with the server's bundle",
    isPath: true,
  },
  { name: 'trustBundleUrl', key: 'trust_bundle_url', takesValue: true, doc: 'not supported yet' },
  {
    name: 'trustBundleFormat',
    key: 'trust_bundle_format',
    takesValue: true,
    doc: 'pem or spiffe',
    values: ['pem', 'spiffe'],
  },
  {
    name: 'insecureBootstrap',
    key: 'insecure_bootstrap',
    takesValue: false,
    doc: 'believe any server at the first start',
  },
  { name: 'retryBootstrap', key: 'retry_bootstrap', takesValue: false, doc: 'has no effect' },
  { name: 'rebootstrapDelay', key: 'rebootstrap_delay', takesValue: true, doc: 'has no effect yet' },
  { name: 'rebootstrapMode', key: 'rebootstrap_mode', takesValue: true, doc: 'only never yet' },
  {
    name: 'allowUnauthenticatedVerifiers',
    key: 'allow_unauthenticated_verifiers',
    takesValue: false,
    doc: 'give bundles to processes that no entry matches',
  },
  {
    name: 'socketPath',
    key: 'socket_path',
    takesValue: true,
    doc: "the Workload API's Unix socket",
    isPath: true,
  },
  {
    name: 'adminSocketPath',
    key: 'admin_socket_path',
    takesValue: true,
    doc: "the admin API's Unix socket",
    isPath: true,
  },
  {
    name: 'dataDir',
    key: 'data_dir',
    takesValue: true,
    doc: 'directory for what the agent keeps on disk',
    isPath: true,
  },
  ...logFlags,
] as const satisfies readonly ConfigFlag[];

export type AgentFlags = FlagValues<(typeof agentFlags)[number]['name']>;
