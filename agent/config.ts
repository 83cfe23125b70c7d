/** The agent's configuration, parsed once: what `run` and `validate` load, split so that each part gets its own. */
import type { HealthChecksConfig } from '../shared/config/health-checks.ts';
import type { LogConfig } from '../shared/config/log-fields.ts';
import type { SecretText } from '../shared/config/secret-text.ts';
import type { KeyType } from '../shared/crypto/signer.ts';
import type { TrustDomain } from '../shared/spiffe/trust-domain.ts';
import type { BootstrapConfig } from './config/bootstrap-fields.ts';
import type { AgentKeyManagerConfig, UnixAttestorConfig } from './config/plugins.ts';

export interface AgentConfig extends LogConfig {
  readonly trustDomain: TrustDomain;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly dataDir: string;
  /** The Workload API's Unix socket. */
  readonly socketPath: string;
  /** Undefined: no admin API. */
  readonly adminSocketPath: string | undefined;
  /** At most one of the two join token sources is given. */
  readonly joinToken: SecretText | undefined;
  readonly joinTokenFile: string | undefined;
  readonly bootstrap: BootstrapConfig;
  readonly workloadKeyType: KeyType;
  /** Undefined: SVIDs are renewed at half of their life. */
  readonly availabilityTargetSeconds: number | undefined;
  readonly syncIntervalSeconds: number;
  readonly useSyncAuthorizedEntries: boolean;
  readonly x509SvidCacheMaxSize: number;
  readonly allowUnauthenticatedVerifiers: boolean;
  readonly logSelectors: boolean;
  readonly requirePqKem: boolean;
  /** Refuse a Workload API caller whose process cannot be held by a pidfd from the socket. */
  readonly requirePeerPidfd: boolean;
  readonly svidCache: 'memory' | 'none';
  readonly keyManager: AgentKeyManagerConfig;
  readonly workloadAttestors: { readonly unix: UnixAttestorConfig };
  readonly healthChecks: HealthChecksConfig;
}
