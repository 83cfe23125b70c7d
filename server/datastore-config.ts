/** From the configuration file's words for the datastore to the datastore's own. Called by server.ts and backup.ts. */
import type { DataStoreConfig } from './config/datastore-plugin.ts';
import type { DatastoreConfig } from './datastore/open.ts';

export function datastoreConfig(config: DataStoreConfig): DatastoreConfig {
  if (config.kind === 'managed') return config;
  const { connectionString, rootCaPath, clientCertPath, clientKeyPath, maxOpenConnections, migrate } = config;
  const { connectionMaxLifetimeSeconds } = config;
  return {
    kind: 'postgres',
    connectionString: connectionString.reveal(),
    ...(rootCaPath === undefined ? {} : { rootCaPath }),
    ...(clientCertPath === undefined ? {} : { clientCertPath }),
    ...(clientKeyPath === undefined ? {} : { clientKeyPath }),
    ...(connectionMaxLifetimeSeconds === undefined ? {} : { connectionMaxLifetimeSeconds }),
    maxOpenConnections,
    migrate,
  };
}
