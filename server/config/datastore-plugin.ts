/** `DataStore "sql"`: Postgres by connection string, or the local Postgres that the server manages itself. */
import { boolean, duration, integer, nameOf, path, secret } from '../../shared/config/kinds.ts';
import type { SecretText } from '../../shared/config/secret-text.ts';
import {
  type Block,
  defaulting,
  type Kind,
  optional,
  type PluginSpec,
  required,
  type Shape,
} from '../../shared/config/shape.ts';
import { messageOf } from '../../shared/errors.ts';
import { parseConnectionString } from '../datastore/connection-string.ts';

export interface PostgresConfig {
  readonly kind: 'postgres';
  /** libpq `key=value` pairs or a URL; may carry a password. */
  readonly connectionString: SecretText;
  readonly rootCaPath: string | undefined;
  readonly clientCertPath: string | undefined;
  readonly clientKeyPath: string | undefined;
  readonly maxOpenConnections: number;
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

/** What the plugin block says: the managed database's directory follows from `data_dir`. */
export type DataStoreChoice = PostgresConfig | { readonly kind: 'managed' };

const databaseShape: Shape<DataStoreChoice> = (block) => {
  const databaseType = block.field('database_type', required(databaseTypes, 'the kind of database'));
  const postgres = postgresFields(block, databaseType === 'postgres' ? connection : secret);
  block.withoutEffect('ro_connection_string', 'a replica: every read goes to the primary');
  block.withoutEffect('max_idle_conns', 'idle connections are closed by themselves');
  if (databaseType === 'sqlite3') {
    block.warn(
      'database_type "sqlite3" is served by a managed local Postgres in data_dir; no SQLite file is read or written',
      'database_type',
    );
    return { kind: 'managed' };
  }
  const connectionString = postgres.connectionString;
  if (connectionString !== undefined) return { ...postgres, connectionString };
  block.fault('"connection_string" is missing, which database_type "postgres" needs', 'database_type');
  return { kind: 'managed' };
};

const postgresFields = (block: Block, connectionKind: Kind<SecretText>) => ({
  kind: 'postgres' as const,
  connectionString: block.field(
    'connection_string',
    optional(connectionKind, 'for postgres: `key=value` pairs as of libpq, or a URL'),
  ),
  rootCaPath: block.field('root_ca_path', optional(path, "PEM file of the CA of the database's certificate")),
  clientCertPath: block.field(
    'client_cert_path',
    optional(path, 'PEM file of our certificate for the database'),
  ),
  clientKeyPath: block.field('client_key_path', optional(path, 'PEM file of its key')),
  maxOpenConnections: block.field(
    'max_open_conns',
    defaulting(integer(1, 10_000), 100, { doc: 'most connections at a time' }),
  ),
  connectionMaxLifetimeSeconds: zeroIsNone(
    block.field(
      'conn_max_lifetime',
      optional(duration(0), 'how long a connection is used; without it, for ever'),
    ),
  ),
  migrate: !block.field(
    'disable_migration',
    defaulting(boolean, false, { doc: 'true: refuse an older schema, do not change it' }),
  ),
});

const zeroIsNone = (seconds: number | undefined): number | undefined => (seconds === 0 ? undefined : seconds);

const connection: Kind<SecretText> = {
  ...secret,
  read: (node, report) => {
    const text = secret.read(node, report);
    if (node.kind !== 'string') return text;
    try {
      parseConnectionString(text.reveal());
    } catch (error) {
      report(node.at, `cannot be used: ${messageOf(error)}`);
    }
    return text;
  },
};

type DatabaseType = 'postgres' | 'sqlite3';

/** Names what SPIRE has and we do not; the AWS kinds are written as blocks, `database_type "aws_postgres" { … }`. */
const databaseTypes: Kind<DatabaseType> = {
  type: '"postgres" or "sqlite3"',
  placeholder: 'sqlite3',
  read: (node, report) => {
    const name =
      node.kind === 'object' ? node.items[0]?.key : node.kind === 'string' ? node.value : undefined;
    if (node.kind === 'string' && (name === 'postgres' || name === 'sqlite3')) return name;
    const isKnown = name === 'mysql' || name === 'aws_mysql' || name === 'aws_postgres';
    report(
      node.at,
      isKnown
        ? `must be "postgres" or "sqlite3": "${name}" is not supported`
        : `must be "postgres" or "sqlite3", not ${nameOf(node)}`,
    );
    return 'sqlite3';
  },
};

/**
 * DIVERGES: SPIRE wants a DataStore, and runs on SQLite, MySQL or Postgres. Here there is Postgres alone: without a
 * DataStore, and in the place of SQLite, the server runs one of its own; MySQL is refused.
 */
export const datastorePlugins: PluginSpec<DataStoreChoice> = {
  count: 'at-most-one',
  doc: 'where the server keeps its records; without one, a managed local Postgres in `data_dir`',
  kinds: { sql: { doc: 'an SQL database', shape: databaseShape } },
  notYet: [],
  ifNotYet: 'refuse',
};
