/** The keys of `agent {}`, those that have no effect yet and those that are refused included. Called by agent/config. */
import { dirname, join, resolve } from 'node:path';
import {
  boolean,
  duration,
  integer,
  listOf,
  oneOf,
  path,
  port,
  secret,
  socketPath,
  spiffeId,
  text,
  trustDomain,
} from '../../shared/config/kinds.ts';
import { type LogConfig, logFields } from '../../shared/config/log-fields.ts';
import { profilingFields } from '../../shared/config/profiling-fields.ts';
import type { SecretText } from '../../shared/config/secret-text.ts';
import { type Block, defaulting, optional, required, type Shape } from '../../shared/config/shape.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import { messageOf } from '../../shared/errors.ts';
import { checkWorkloadId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { type BootstrapConfig, bootstrapFields } from './bootstrap-fields.ts';
import { type SdsConfig, sdsFields } from './sds-fields.ts';
import { CACHE_MAX_SIZE_KEY, type ExperimentalFields, experimentalFields } from './experimental-fields.ts';
import { type WorkloadApiConfig, workloadApiFields } from './workload-api-fields.ts';

export interface AgentFields extends LogConfig, Omit<ExperimentalFields, 'formerCacheMaxSize'> {
  readonly trustDomain: TrustDomain;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly dataDir: string;
  /** The Workload API's Unix socket. */
  readonly socketPath: string;
  /** The admin API's Unix socket. */
  readonly adminSocketPath: string;
  /** Where the file says where it is, it is also for the agent's group. */
  readonly isAdminSocketShared: boolean;
  /** Workloads that get the identities of others on the admin socket. */
  readonly authorizedDelegates: readonly SpiffeId[];
  /** At most one of the two join token sources is given. */
  readonly joinToken: SecretText | undefined;
  readonly joinTokenFile: string | undefined;
  readonly bootstrap: BootstrapConfig;
  readonly workloadKeyType: KeyType;
  /** Undefined: SVIDs are renewed at half of their life. */
  readonly availabilityTargetSeconds: number | undefined;
  readonly x509SvidCacheMaxSize: number;
  readonly jwtSvidCacheMaxSize: number;
  readonly allowUnauthenticatedVerifiers: boolean;
  readonly workloadApi: WorkloadApiConfig;
  readonly logSelectors: boolean;
  /** Refuse a Workload API caller whose process cannot be held by a pidfd from the socket. */
  readonly requirePeerPidfd: boolean;
  readonly sds: SdsConfig;
  /** Whether SVIDs are kept for the next start. */
  readonly svidCache: 'memory' | 'none';
}

export const agentFields: Shape<AgentFields> = (block) => {
  const place = {
    trustDomain: block.field('trust_domain', required(trustDomain, 'the trust domain of this agent')),
    serverAddress: block.field('server_address', required(text, 'DNS name or IP address of the server')),
    serverPort: block.field('server_port', required(port, 'port of the server')),
    dataDir: block.field(
      'data_dir',
      defaulting(path, '.', { doc: 'directory for what the agent keeps on disk' }),
    ),
  };
  const { formerCacheMaxSize, ...experimental } = block.block(
    'experimental',
    'keys that SPIRE calls experimental',
    experimentalFields,
  );
  const fields = {
    ...place,
    ...socketFields(block, place.dataDir),
    authorizedDelegates: authorizedDelegates(block, place.trustDomain),
    ...joinTokenFields(block),
    bootstrap: bootstrapFields(block),
    ...workloadFields(block),
    workloadApi: workloadApiFields(block),
    ...ownFields(block),
    sds: sdsFields(block),
    ...logFields(block),
    ...experimental,
    x509SvidCacheMaxSize: cacheMaxSize(block, formerCacheMaxSize),
    jwtSvidCacheMaxSize: jwtCacheMaxSize(block),
  };
  otherFields(block);
  return fields;
};

type SocketFields = Pick<AgentFields, 'socketPath' | 'adminSocketPath' | 'isAdminSocketShared'>;

/**
 * The admin API must not be within reach of whoever is given the directory of the Workload API.
 * DIVERGES: SPIRE's agent has no admin socket unless it is configured. Ours has one in its data directory, open to its
 * own user and root alone, because the question why a process has no identity comes up everywhere.
 */
function socketFields(block: Block, dataDir: string): SocketFields {
  const publicPath = block.field(
    'socket_path',
    defaulting(socketPath, '/tmp/spire-agent/public/api.sock', { doc: "the Workload API's Unix socket" }),
  );
  const adminPath = block.field(
    'admin_socket_path',
    optional(
      socketPath,
      "the admin API's Unix socket, for the agent's group as well; without it, admin.sock in data_dir, for its user alone",
    ),
  );
  if (adminPath !== undefined && isBelow(resolve(adminPath), dirname(resolve(publicPath)))) {
    block.fault(
      '"admin_socket_path" must not be in the directory of "socket_path" or below it',
      'admin_socket_path',
    );
  }
  return {
    socketPath: publicPath,
    adminSocketPath: adminPath ?? join(dataDir, 'admin.sock'),
    isAdminSocketShared: adminPath !== undefined,
  };
}

/** Only workloads of this trust domain are attested here: another ID would never be anybody's. */
function authorizedDelegates(block: Block, trustDomain: TrustDomain): readonly SpiffeId[] {
  const ids = block.field(
    'authorized_delegates',
    defaulting(listOf(spiffeId), [], {
      doc: 'SPIFFE IDs of workloads that may get the identities of others on the admin socket',
      shown: '',
    }),
  );
  for (const id of ids) {
    try {
      checkWorkloadId(id, trustDomain);
    } catch (error) {
      block.fault(`"authorized_delegates" in agent: ${messageOf(error)}`, 'authorized_delegates');
    }
  }
  return ids;
}

const isBelow = (file: string, directory: string): boolean =>
  file.startsWith(directory === '/' ? '/' : `${directory}/`);

function joinTokenFields(block: Block): Pick<AgentFields, 'joinToken' | 'joinTokenFile'> {
  const fields = {
    joinToken: block.field('join_token', optional(secret, 'join token for the first start')),
    joinTokenFile: block.field('join_token_file', optional(path, 'file that holds it')),
  };
  if (fields.joinToken !== undefined && fields.joinTokenFile !== undefined) {
    block.fault('"join_token" and "join_token_file" exclude each other: keep one', 'join_token_file');
  }
  return fields;
}

type WorkloadFields = Pick<
  AgentFields,
  'workloadKeyType' | 'availabilityTargetSeconds' | 'allowUnauthenticatedVerifiers' | 'logSelectors'
>;

const workloadFields = (block: Block): WorkloadFields => ({
  workloadKeyType: block.field(
    'workload_x509_svid_key_type',
    defaulting(oneOf(['ec-p256', 'ec-p384', 'rsa-2048']), 'ec-p256', { doc: 'keys of X.509-SVIDs' }),
  ),
  // SPIRE takes no target below a day.
  availabilityTargetSeconds: block.field(
    'availability_target',
    optional(
      duration(86_400),
      'how long SVIDs must last without a server; without it, they are renewed at half of their life',
    ),
  ),
  allowUnauthenticatedVerifiers: block.field(
    'allow_unauthenticated_verifiers',
    defaulting(boolean, false, { doc: 'give bundles to processes that no entry matches' }),
  ),
  logSelectors: block.field(
    'log_selectors',
    defaulting(boolean, false, { doc: 'log the selectors of each workload' }),
  ),
});

const CACHE_MAX_SIZE = 1_000; // SPIRE: also where the file says 0

function cacheMaxSize(block: Block, former: number | undefined): number {
  const given = block.field(
    CACHE_MAX_SIZE_KEY,
    defaulting(integer(0), CACHE_MAX_SIZE, {
      doc: 'X.509-SVIDs held in memory, more only while they are in use; 0 is the default',
    }),
  );
  if (former !== undefined && block.isSet(CACHE_MAX_SIZE_KEY))
    block.fault(`"${CACHE_MAX_SIZE_KEY}" is in agent and in experimental: keep one`, CACHE_MAX_SIZE_KEY);
  return (former ?? given) || CACHE_MAX_SIZE;
}

const jwtCacheMaxSize = (block: Block): number =>
  block.field(
    'jwt_svid_cache_max_size',
    defaulting(integer(0), CACHE_MAX_SIZE, { doc: 'JWT-SVIDs held in memory; 0 is the default' }),
  ) || CACHE_MAX_SIZE;

function ownFields(block: Block): Pick<AgentFields, 'requirePeerPidfd' | 'svidCache'> {
  const requirePeerPidfd = block.field(
    'require_peer_pidfd',
    defaulting(boolean, false, {
      doc: "Writ's own: refuse workloads on kernels before 6.5, where a process cannot be held by its socket",
    }),
  );
  const svidCache = block.field(
    'svid_cache',
    defaulting(oneOf(['none', 'memory', 'disk']), 'memory', {
      doc: "Writ's own: keep SVIDs and their keys for the next start, in a file in memory (tmpfs), or not; not on a disk yet",
    }),
  );
  if (svidCache === 'disk') block.fault('"svid_cache" "disk" in agent is not supported yet', 'svid_cache');
  return { requirePeerPidfd, svidCache: svidCache === 'none' ? 'none' : 'memory' };
}

function otherFields(block: Block): void {
  block.notSupported('ratelimit', 'calls of the Workload API per user');
  profilingFields(block);
}
