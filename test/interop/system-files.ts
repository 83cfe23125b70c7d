/** Where a test's system keeps what, and its configuration files. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskUpstreamConfig } from '../../server/upstream-authority/disk.ts';

export interface SystemOptions {
  readonly caKeyType?: 'ec-p256' | 'ec-p384' | 'rsa-2048' | 'rsa-4096';
  readonly workloadKeyType?: 'ec-p256' | 'ec-p384' | 'rsa-2048';
  readonly jwtKeyType?: 'ec-p256' | 'ec-p384' | 'rsa-2048' | 'rsa-4096';
  readonly jwtIssuer?: string;
  readonly caTtl?: string;
  readonly agentTtl?: string;
  readonly x509SvidTtl?: string;
  /** Where its folders are made; default the system's for temporary files, and memory for what an agent keeps. */
  readonly folder?: string;
  /** Where the server keeps its keys; default its data directory. */
  readonly keysFolder?: string;
  readonly hasWitSvids?: boolean;
  /** False: agents on one address may have as much signed as they like. */
  readonly isSigningLimited?: boolean;
  readonly logLevel?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly hasAuditLog?: boolean;
  /** The files of a CA above the server's. */
  readonly upstreamAuthority?: DiskUpstreamConfig;
  /** Further lines of the server's `plugins` block. */
  readonly serverPlugins?: string;
  /** The agent's NodeAttestor block; default join tokens. */
  readonly nodeAttestor?: string;
  /** Paths of the IDs that may ask the agent about others. */
  readonly authorizedDelegates?: readonly string[];
  /** The server's `telemetry` block. */
  readonly telemetry?: string;
}

export interface SystemFiles {
  readonly directory: string;
  readonly port: number;
  readonly serverConf: string;
  readonly serverSocket: string;
  readonly serverData: string;
  readonly serverLog: string;
  readonly agentConf: string;
  readonly agentSocket: string;
  readonly agentAdminSocket: string;
  readonly agentData: string;
  readonly agentLog: string;
  readonly bundle: string;
  readonly joinToken: string;
}

export const TRUST_DOMAIN = 'example.org';

/** A new folder: others may pass through it, since Postgres does not run as root. */
export function makeSystemFiles(port: number, options: SystemOptions): SystemFiles {
  const directory = mkdtempSync(join(options.folder ?? tmpdir(), 'writ-system-'));
  chmodSync(directory, 0o711);
  const at = (name: string): string => join(directory, name);
  const files: SystemFiles = {
    directory,
    port,
    serverConf: at('server.conf'),
    serverSocket: at('server/api.sock'),
    serverData: at('server'),
    serverLog: at('server.log'),
    agentConf: at('agent.conf'),
    agentSocket: at('public/api.sock'),
    agentAdminSocket: at('admin/api.sock'),
    agentData: at('agent'),
    agentLog: at('agent.log'),
    bundle: at('bundle.pem'),
    joinToken: at('token'),
  };
  for (const folder of [files.serverData, files.agentData]) mkdirSync(folder, { mode: 0o711 });
  writeFileSync(files.serverConf, serverConf(files, options));
  writeFileSync(files.agentConf, agentConf(files, options));
  return files;
}

/** `key = "value"`, or nothing without a value. */
const setting = (key: string, value: string | undefined): string =>
  value === undefined ? '' : `${key} = ${JSON.stringify(value)}\n`;

const serverConf = (files: SystemFiles, options: SystemOptions): string => `
server {
  trust_domain = "${TRUST_DOMAIN}"
  bind_address = "127.0.0.1"
  bind_port = ${files.port}
  socket_path = "${files.serverSocket}"
  data_dir = "${files.serverData}"
  ${setting('log_level', options.logLevel)}
  ${options.hasWitSvids === true ? WIT_FLAG : ''}
  ${options.isSigningLimited === false ? 'ratelimit { signing = false }' : ''}
  ${setting('ca_key_type', options.caKeyType)}
  ${setting('jwt_key_type', options.jwtKeyType)}
  ${setting('jwt_issuer', options.jwtIssuer)}
  ${setting('ca_ttl', options.caTtl)}
  ${setting('agent_ttl', options.agentTtl)}
  ${setting('default_x509_svid_ttl', options.x509SvidTtl)}
  audit_log_enabled = ${options.hasAuditLog === true}
}
plugins {
  KeyManager "disk" { plugin_data { keys_path = "${options.keysFolder ?? files.serverData}/keys.json" } }
  NodeAttestor "join_token" { plugin_data {} }
  ${upstreamAuthority(options.upstreamAuthority)}
  ${options.serverPlugins ?? ''}
}
${options.telemetry ?? ''}
`;

const upstreamAuthority = (config: DiskUpstreamConfig | undefined): string =>
  config === undefined
    ? ''
    : `UpstreamAuthority "disk" { plugin_data {
  ${setting('cert_file_path', config.certFilePath)}
  ${setting('key_file_path', config.keyFilePath)}
  ${setting('bundle_file_path', config.bundleFilePath)}
} }`;

/** A line of an `agent` block. */
export const delegatesSetting = (paths: readonly string[] = []): string =>
  `authorized_delegates = ${JSON.stringify(paths.map((path) => `spiffe://${TRUST_DOMAIN}${path}`))}`;

/** The same for server and agent. */
const WIT_FLAG = 'experimental { feature_flags = ["wit-svid"] }';

const agentConf = (files: SystemFiles, options: SystemOptions): string => `
agent {
  trust_domain = "${TRUST_DOMAIN}"
  server_address = "127.0.0.1"
  server_port = ${files.port}
  socket_path = "${files.agentSocket}"
  admin_socket_path = "${files.agentAdminSocket}"
  data_dir = "${files.agentData}"
  ${options.hasWitSvids === true ? WIT_FLAG : ''}
  trust_bundle_path = "${files.bundle}"
  ${options.nodeAttestor === undefined ? `join_token_file = "${files.joinToken}"` : ''}
  ${setting('log_level', options.logLevel)}
  ${setting('workload_x509_svid_key_type', options.workloadKeyType)}
  ${delegatesSetting(options.authorizedDelegates)}
}
plugins {
  KeyManager "disk" { plugin_data { directory = "${files.agentData}" } }
  ${options.nodeAttestor ?? 'NodeAttestor "join_token" { plugin_data {} }'}
  WorkloadAttestor "unix" { plugin_data { discover_workload_path = true } }
}
`;
