/** The keys of `server {}`, those that have no effect yet and those that are refused included. Called by server/config. */
import { logFields, type LogConfig } from '../../shared/config/log-fields.ts';
import { profilingFields } from '../../shared/config/profiling-fields.ts';
import {
  boolean,
  duration,
  listOf,
  path,
  port,
  socketPath,
  spiffeId,
  text,
  trustDomain,
} from '../../shared/config/kinds.ts';
import { type Block, defaulting, required, type Shape } from '../../shared/config/shape.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { CaConfig } from '../ca/ca-config.ts';
import type { TokenConfig } from '../ca/token-config.ts';
import { caFields, warnWhenCapped } from './ca-fields.ts';
import { type PruneNodesConfig, pruneNodesFields } from './prune-nodes-fields.ts';
import { type Role, rolesShape } from './roles-fields.ts';
import { jwtFields, witFields } from './token-fields.ts';

export interface ServerFields extends LogConfig {
  readonly trustDomain: TrustDomain;
  readonly bindAddress: string;
  readonly bindPort: number;
  /** The admin API's Unix socket. */
  readonly socketPath: string;
  readonly dataDir: string;
  readonly adminIds: readonly SpiffeId[];
  readonly auditLogEnabled: boolean;
  /** None: the admin socket's permissions alone say who administers, as with SPIRE. */
  readonly roles: readonly Role[];
  readonly ca: CaConfig;
  readonly jwt: TokenConfig;
  readonly wit: TokenConfig;
  readonly rateLimit: { readonly attestation: boolean; readonly signing: boolean };
  /** How old a node's record may be when a call is judged by it; 0 = read or confirmed at every call. */
  readonly maxAttestedNodeInfoStalenessSeconds: number;
  readonly requirePqKem: boolean;
  /** How long a server that joins others waits until agents know its authorities; 0: it does not. */
  readonly newAuthorityWaitSeconds: number;
  /** Undefined: records of agents are kept. */
  readonly pruneNodes: PruneNodesConfig | undefined;
}

export const serverFields: Shape<ServerFields> = (block) => {
  const general = generalFields(block);
  const ca = caFields(block);
  const pruneNodes = pruneNodesFields(block);
  const jwt = jwtFields(block, ca.keyType);
  warnWhenCapped(block, { ...ca, defaultJwtSvidTtlSeconds: jwt.defaultTtlSeconds });
  const log = logFields(block);
  const experimental = block.block(
    'experimental',
    'keys that SPIRE calls experimental',
    experimentalShape(ca.keyType),
  );
  const roles = block.block('roles', ROLES, rolesShape(general.trustDomain));
  otherFields(block);
  return { ...general, ca, pruneNodes, jwt, ...log, ...experimental, roles };
};

const ROLES =
  "Writ's own: rights for a part of what administrators may do, read again on SIGHUP. Without a role in it, whoever may use " +
  'the admin socket is an administrator. With one, users without a role may do nothing there, but root and the ' +
  "server's own user, who are administrators unless a role names them: they could read the keys anyway";

const generalFields = (block: Block) => ({
  trustDomain: block.field('trust_domain', required(trustDomain, 'the trust domain of this server')),
  bindAddress: block.field(
    'bind_address',
    defaulting(text, '0.0.0.0', { doc: 'address to listen on for agents' }),
  ),
  bindPort: block.field('bind_port', defaulting(port, 8_081, { doc: 'port to listen on for agents' })),
  socketPath: block.field(
    'socket_path',
    defaulting(socketPath, '/tmp/spire-server/private/api.sock', { doc: "the admin API's Unix socket" }),
  ),
  dataDir: block.field('data_dir', required(path, 'directory for what the server keeps on disk')),
  adminIds: block.field(
    'admin_ids',
    defaulting(listOf(spiffeId), [], {
      doc: 'callers with these SPIFFE IDs are administrators',
      shown: '',
    }),
  ),
  auditLogEnabled: block.field(
    'audit_log_enabled',
    defaulting(boolean, false, { doc: 'log each call of the APIs with its caller and result' }),
  ),
  maxAttestedNodeInfoStalenessSeconds: block.field(
    'max_attested_node_info_staleness',
    defaulting(duration(0), 0, {
      doc: "how old an agent's record may be when its call is judged",
      shown: '0s',
    }),
  ),
  newAuthorityWaitSeconds: block.field(
    'new_authority_wait',
    defaulting(duration(0), 30, {
      doc: "Writ's own: a server with new authorities, beside others that can sign, opens its doors when the agents of those have the bundle with them, after this time at the latest",
      shown: '30s',
    }),
  ),
  rateLimit: block.block('ratelimit', 'limits per caller address', rateLimitShape),
});

const rateLimitShape: Shape<ServerFields['rateLimit']> = (block) => ({
  attestation: block.field('attestation', defaulting(boolean, true, { doc: 'one attestation a second' })),
  signing: block.field('signing', defaulting(boolean, true, { doc: '500 signatures a second' })),
});

const experimentalShape =
  (caKeyType: KeyType): Shape<Pick<ServerFields, 'requirePqKem' | 'wit'>> =>
  (block) => {
    block.notSupported('agent_spiffe_id_as_selector', "give each agent's ID as a selector");
    block.notSupported('auth_opa_policy_engine', 'an authorization policy of your own');
    for (const key of [
      'cache_reload_interval',
      'events_based_cache',
      'event_timeout',
      'full_cache_reload_interval',
      'prune_events_older_than',
    ]) {
      block.withoutEffect(key, 'the entry index follows a change feed and is never reloaded by the clock');
    }
    block.withoutEffect('named_pipe_name', 'Windows only');
    return {
      wit: witFields(block, caKeyType),
      requirePqKem: block.field(
        'require_pq_kem',
        defaulting(boolean, false, { doc: 'only TLS 1.3 with a post-quantum key exchange' }),
      ),
    };
  };

function otherFields(block: Block): void {
  block.notSupported('federation', 'bundle endpoint and relationships with other trust domains');
  block.notSupported('proxy_protocol_trusted_cidrs', 'sources whose PROXY protocol header is believed');
  block.notSupported('tls_config', 'TLS versions and algorithms');
  profilingFields(block);
}
