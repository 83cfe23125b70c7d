/** From configuration to what the `pg` driver takes: a connection string and the paths of TLS files. Called by open.ts. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { CodedError, Code, messageOf } from '../../shared/errors.ts';
import type { ConnectionParameters } from './connection-string.ts';
import { parseConnectionString } from './connection-string.ts';

export interface PostgresConfig {
  readonly kind: 'postgres';
  readonly connectionString: string;
  /** These three, where given, win over those in the connection string. */
  readonly rootCaPath?: string;
  readonly clientCertPath?: string;
  readonly clientKeyPath?: string;
  readonly maxOpenConnections: number;
  /** Absent: connections live on. */
  readonly connectionMaxLifetimeSeconds?: number;
  /** False: an older schema is refused, not changed. Default true. */
  readonly migrate?: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Throws InvalidArgument on a malformed connection string, FailedPrecondition on a TLS file that cannot be read. */
export function clientConfig(config: PostgresConfig): ClientConfig {
  const parameters = parseConnectionString(config.connectionString);
  const paths = {
    ca: config.rootCaPath ?? parameters.rootCaPath,
    cert: config.clientCertPath ?? parameters.clientCertPath,
    key: config.clientKeyPath ?? parameters.clientKeyPath,
  };
  return {
    host: parameters.host,
    port: parameters.port,
    user: parameters.user,
    database: parameters.database,
    // A function, so that the driver never looks for a password file of its own.
    password: () => parameters.password ?? '',
    application_name: parameters.applicationName,
    ssl: tlsOptions(parameters, paths),
    keepAlive: true,
    connectionTimeoutMillis: (parameters.connectTimeoutSeconds ?? CONNECT_TIMEOUT_MS / 1_000) * 1_000,
  };
}

type TlsPaths = Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>;

function tlsOptions(parameters: ConnectionParameters, paths: TlsPaths): ConnectionOptions | false {
  if (parameters.sslMode === 'disable') return false;
  if (parameters.sslMode === 'verify-ca' && paths.ca === undefined) {
    throw new CodedError(Code.failedPrecondition, 'sslmode verify-ca needs a root CA path');
  }
  const verifiesChain = parameters.sslMode !== 'require' || paths.ca !== undefined;
  return {
    rejectUnauthorized: verifiesChain,
    ...(parameters.sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...readFiles(paths),
  };
}

function readFiles(paths: TlsPaths): ConnectionOptions {
  return {
    ...(paths.ca === undefined ? {} : { ca: readTlsFile('root CA', paths.ca) }),
    ...(paths.cert === undefined ? {} : { cert: readTlsFile('client certificate', paths.cert) }),
    ...(paths.key === undefined ? {} : { key: readTlsFile('client key', paths.key) }),
  };
}

function readTlsFile(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CodedError(Code.failedPrecondition, `cannot read the database's ${what}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
