/** The server's configuration, parsed once: what `run` and `validate` load, split so that each part gets its own. */
import type { HealthChecksConfig } from '../shared/config/health-checks.ts';
import type { LogConfig } from '../shared/config/log-fields.ts';
import type { SpiffeId } from '../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../shared/spiffe/trust-domain.ts';
import type { CaConfig } from './config/ca-fields.ts';
import type { DataStoreConfig } from './config/datastore-plugin.ts';
import type { KeyManagerConfig } from './config/key-manager-plugin.ts';

export interface ServerConfig extends LogConfig {
  readonly trustDomain: TrustDomain;
  readonly bindAddress: string;
  readonly bindPort: number;
  /** The admin API's Unix socket. */
  readonly socketPath: string;
  readonly dataDir: string;
  readonly adminIds: readonly SpiffeId[];
  readonly auditLogEnabled: boolean;
  readonly ca: CaConfig;
  readonly rateLimit: { readonly attestation: boolean; readonly signing: boolean };
  /** How old a node's record may be when a call is judged by it; 0 = read or confirmed at every call. */
  readonly maxAttestedNodeInfoStalenessSeconds: number;
  readonly requirePqKem: boolean;
  readonly datastore: DataStoreConfig;
  readonly keyManager: KeyManagerConfig;
  readonly nodeAttestors: { readonly joinToken: true };
  readonly healthChecks: HealthChecksConfig;
}
