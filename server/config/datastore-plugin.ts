/** `DataStore "sql"`: Postgres by connection string, or the local Postgres that the server manages itself. */
import type { SecretText } from '../../shared/config/secret-text.ts';

export interface PostgresConfig {
  readonly kind: 'postgres';
  /** libpq `key=value` pairs or a URL; may carry a password. */
  readonly connectionString: SecretText;
  /** For reads that tolerate staleness. */
  readonly readOnlyConnectionString: SecretText | undefined;
  readonly rootCaPath: string | undefined;
  readonly clientCertPath: string | undefined;
  readonly clientKeyPath: string | undefined;
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  /** Undefined: connections live on. */
  readonly connectionMaxLifetimeSeconds: number | undefined;
  /** False: the schema is only checked, never changed. */
  readonly migrate: boolean;
}

export interface ManagedPostgresConfig {
  readonly kind: 'managed';
  /** Where the managed Postgres keeps its files. */
  readonly directory: string;
}

export type DataStoreConfig = PostgresConfig | ManagedPostgresConfig;
