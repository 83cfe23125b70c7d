/** Opens the datastore: connects, brings the schema up to date, makes the stores and the feeds. Called by server.ts. */
import type { PeerStore } from '../cluster/peer-store.ts';
import type { ChangeFeed } from '../entries/change-feed.ts';
import type { Entry } from '../entries/entry.ts';
import type { EntryPlanStore } from '../entries/entry-plan.ts';
import type { EntryStore } from '../entries/entry-store.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { FederatedBundleStore } from '../bundle/federated-bundle-store.ts';
import type { JournalStore } from '../ca/journal-store.ts';
import type { Fence, LeaseStore } from '../housekeeping/lease-store.ts';
import type { RelationshipStore } from '../federation/relationship-store.ts';
import type { JoinTokenStore } from '../nodes/join-token-store.ts';
import type { Node } from '../nodes/node.ts';
import type { NodePruning } from '../nodes/node-pruning.ts';
import type { NodeStore } from '../nodes/node-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { BUNDLES_CHANNEL } from './bundle-rows.ts';
import { PostgresBundles } from './bundles.ts';
import { PostgresJournals } from './ca-journal.ts';
import { PostgresChangeFeed, channelOf } from './changes.ts';
import { Database, checkHealth, databaseNow, type DatabaseOptions } from './database.ts';
import type { ManagedPostgres } from './embedded.ts';
import { startManagedPostgres } from './embedded.ts';
import { PostgresEntries } from './entries.ts';
import { PostgresEntryPlans } from './entry-plans.ts';
import { entryItems } from './entry-rows.ts';
import { PostgresFederatedBundles } from './federated-bundles.ts';
import { Hints } from './hints.ts';
import { PostgresJoinTokens } from './join-tokens.ts';
import { PostgresLeases } from './leases.ts';
import { Lists } from './lists.ts';
import { migrate } from './migrate.ts';
import { PostgresNodePruning } from './node-pruning.ts';
import { nodeItems } from './node-rows.ts';
import { PostgresNodes } from './nodes.ts';
import type { PostgresConfig } from './postgres.ts';
import { clientConfig } from './postgres.ts';
import { pruneChanges } from './prune-changes.ts';
import { PostgresPeers } from './peers.ts';
import { PostgresRelationships } from './relationships.ts';

export interface ManagedConfig {
  readonly kind: 'managed';
  readonly directory: string;
}

export type DatastoreConfig = PostgresConfig | ManagedConfig;

export interface DatastoreOptions {
  readonly config: DatastoreConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the background work; `close` ends everything. */
  readonly signal: AbortSignal;
}

export interface Datastore {
  readonly entries: EntryStore;
  readonly plans: EntryPlanStore;
  readonly nodes: NodeStore;
  readonly bundles: BundleStore;
  readonly federatedBundles: FederatedBundleStore;
  readonly relationships: RelationshipStore;
  readonly joinTokens: JoinTokenStore;
  readonly journals: JournalStore;
  readonly entryFeed: ChangeFeed<Entry>;
  readonly nodeFeed: ChangeFeed<Node>;
  readonly leases: LeaseStore;
  readonly peers: PeerStore;
  readonly nodePruning: NodePruning;
  /** Forgets changes that no reader needs any more; how many. */
  pruneChanges(fence?: Fence): Promise<number>;
  /** The time by the database. Rejects as `health` does. */
  now(): Promise<Date>;
  /** Throws Unavailable with DATABASE_UNAVAILABLE unless the database answers and can be written to. */
  health(): Promise<void>;
  /** Ends connections, and the managed Postgres. */
  close(): Promise<void>;
}

const MANAGED_CONNECTIONS = 20;
const CLOSE_MAX_MS = 5_000;
const MIGRATION_TIMEOUT_MS = 600_000;
/** SPIRE keeps its events for 12 hours; a reader that is longer away reloads. */
const KEPT_CHANGES = { count: 10_000, ms: 12 * 3_600_000 };

/** Throws FailedPrecondition or InvalidArgument on what the operator must mend, Unavailable when nobody answers. */
export async function openDatastore(options: DatastoreOptions): Promise<Datastore> {
  const { config, log } = options;
  if (config.kind === 'postgres') {
    return connect(options, { ...config, client: clientConfig(config) });
  }
  const managed = await startManagedPostgres({ ...options, directory: config.directory });
  log.info('managed database is up', { ...managed.version, directory: config.directory });
  try {
    const store = await connect(options, {
      client: managed.connection,
      maxOpenConnections: MANAGED_CONNECTIONS,
    });
    return { ...store, close: () => closeBoth(store, managed) };
  } catch (error) {
    await managed.stop();
    throw error;
  }
}

async function closeBoth(store: Datastore, managed: ManagedPostgres): Promise<void> {
  try {
    await store.close();
  } finally {
    await managed.stop();
  }
}

interface Target extends Omit<DatabaseOptions, 'statementTimeoutMs'> {
  /** False: an older schema is refused. */
  readonly migrate?: boolean;
}

async function connect(options: DatastoreOptions, target: Target): Promise<Datastore> {
  const { log, clock, random } = options;
  await mustAnswer(target, log);
  await migrateSchema(target, log);
  const database = new Database(target, log);
  const lists = new Lists(database, target.maxOpenConnections);
  const channels = [channelOf('entries'), channelOf('nodes'), BUNDLES_CHANNEL];
  const hints = new Hints({ client: target.client, channels, clock, random, log });
  await hints.start();
  return {
    entries: new PostgresEntries({ database, lists, clock, random }),
    plans: new PostgresEntryPlans({ database, clock, random }),
    nodes: new PostgresNodes(database, lists),
    bundles: new PostgresBundles(database, hints),
    federatedBundles: new PostgresFederatedBundles(database, lists),
    relationships: new PostgresRelationships(database, lists),
    joinTokens: new PostgresJoinTokens({ database, clock, random }),
    journals: new PostgresJournals(database, random),
    entryFeed: new PostgresChangeFeed(database, hints, entryItems),
    nodeFeed: new PostgresChangeFeed(database, hints, nodeItems),
    leases: new PostgresLeases(database, random),
    peers: new PostgresPeers(database),
    nodePruning: new PostgresNodePruning(database),
    pruneChanges: (fence) => pruneChanges(database, KEPT_CHANGES, fence),
    now: () => databaseNow(database),
    health: () => checkHealth(database),
    close: async () => {
      await within(clock, Promise.all([hints.stop(), database.close()]));
    },
  };
}

/** A database that does not answer does not keep us from stopping. */
async function within(clock: Clock, closing: Promise<unknown>): Promise<void> {
  const inTime = new AbortController();
  const limit = clock.sleep(CLOSE_MAX_MS, inTime.signal).catch(() => {});
  await Promise.race([closing, limit]).finally(() => inTime.abort());
}

/** A database that hangs is found out now: migrating has a patience that no operator has. */
async function mustAnswer(target: Target, log: Logger): Promise<void> {
  const database = new Database({ ...target, maxOpenConnections: 1 }, log);
  try {
    await database.query('select 1');
  } finally {
    await database.close();
  }
}

/** On a connection of its own, with the patience that other servers' migrations need. */
async function migrateSchema({ client, migrate: mayChange }: Target, log: Logger): Promise<void> {
  const database = new Database(
    { client, maxOpenConnections: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS },
    log,
  );
  try {
    await migrate(database, log, mayChange);
  } finally {
    await database.close();
  }
}
