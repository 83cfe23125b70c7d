/** The `plugins {}` of agent.conf: key manager, node attestor, workload attestors. */

export type AgentKeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly directory: string };

export interface UnixAttestorConfig {
  /** Also give the `unix:path:` and `unix:sha256:` selectors of the workload's binary. */
  readonly discoverWorkloadPath: boolean;
  /** Largest binary to hash, in bytes; 0 = any, negative = never hash. */
  readonly workloadSizeLimit: number;
}
