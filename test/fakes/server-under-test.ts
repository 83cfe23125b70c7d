/** A whole server over real sockets on a test database, and the clients to talk to it. Used by test/server and flows. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServerConfig, type ServerConfig } from '../../server/config.ts';
import type { Role } from '../../server/config/roles-fields.ts';
import type { Datastore } from '../../server/datastore/open.ts';
import { createServer } from '../../server/server.ts';
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { AttestAgentRequest } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { AttestAgentResponseOutput } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentResponse.ts';
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { LocalAuthorityDefinition } from '../../proto/gen/spire/api/server/localauthority/v1/LocalAuthority.ts';
import type { SVIDDefinition } from '../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import type { DebugDefinition } from '../../proto/gen/spire/api/server/debug/v1/Debug.ts';
import type { ServerReflectionDefinition } from '../../proto/gen/grpc/reflection/v1/ServerReflection.ts';
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type { LoggerDefinition } from '../../proto/gen/spire/api/server/logger/v1/Logger.ts';
import type { HealthDefinition } from '../../proto/gen/grpc/health/v1/Health.ts';
import type { EntryChangesDefinition } from '../../proto/gen/writ/entry/v1/EntryChanges.ts';
import type { ExplainEntryDefinition } from '../../proto/gen/writ/explain/v1/ExplainEntry.ts';
import type { LocalAuthorityImportDefinition } from '../../proto/gen/writ/localauthority/v1/LocalAuthorityImport.ts';
import type { SyncDefinition } from '../../proto/gen/writ/sync/v1/Sync.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { type Random, systemRandom } from '../../shared/random.ts';
import { type Channel, serverChannel, unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { H2, LONG_LIVED } from '../../shared/tls/protocols.ts';
import { SpiffeCredentials } from '../../shared/tls/spiffe-credentials.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import type { Ending } from './database.ts';
import { FakeLog } from './log.ts';

export interface Clients {
  readonly agent: ServiceClient<AgentDefinition>;
  readonly entry: ServiceClient<EntryDefinition>;
  readonly svid: ServiceClient<SVIDDefinition>;
  readonly bundle: ServiceClient<BundleDefinition>;
  readonly trustDomain: ServiceClient<TrustDomainDefinition>;
  readonly localAuthority: ServiceClient<LocalAuthorityDefinition>;
  readonly health: ServiceClient<HealthDefinition>;
  readonly logger: ServiceClient<LoggerDefinition>;
  readonly debug: ServiceClient<DebugDefinition>;
  readonly reflection: ServiceClient<ServerReflectionDefinition>;
  readonly changes: ServiceClient<EntryChangesDefinition>;
  readonly sync: ServiceClient<SyncDefinition>;
  readonly explain: ServiceClient<ExplainEntryDefinition>;
  readonly imports: ServiceClient<LocalAuthorityImportDefinition>;
}

export interface RunningServer {
  readonly port: number;
  readonly socketPath: string;
  readonly config: ServerConfig;
  readonly log: FakeLog;
  /** Clients on the admin socket. */
  readonly admin: Clients;
  /** Clients over TLS, with this identity or none. */
  connect(identity?: TlsIdentity): Clients;
  takeRoles(roles: readonly Role[]): void;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly datastore: Datastore;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly config?: Partial<ServerConfig>;
  readonly inputMaxBytes?: number;
}

/** As `feature_flags = ["wit-svid"]` has it. */
export const WIT_ENABLED: ServerConfig['wit'] = {
  isEnabled: true,
  keyType: 'ec-p256',
  issuer: undefined,
  defaultTtlSeconds: 3_600,
};

/** Tests attest more agents than one a second. */
const UNLIMITED = { newAuthorityWaitSeconds: 0, rateLimit: { attestation: false, signing: true } };

/** Stopped after the test. */
export async function startServer(
  t: Ending,
  { datastore, clock = systemClock, random = systemRandom, ...options }: ServerOptions,
): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-server-'));
  const config = { ...readConfig(directory), bindPort: 0, ...UNLIMITED, ...options.config };
  const log = new FakeLog();
  const { inputMaxBytes } = options;
  const threshold = new LogThreshold(config.logLevel);
  const server = createServer({ config, log, threshold, clock, random, datastore, inputMaxBytes });
  const channels: Channel[] = [];
  const stop = async (): Promise<void> => {
    for (const channel of channels.splice(0)) channel.close();
    await server.stop();
  };
  t.after(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const { port } = await server.start();
  const open = (channel: Channel): Clients => {
    channels.push(channel);
    return clients(channel);
  };
  const connect = (identity?: TlsIdentity): Clients => {
    const credentials = new SpiffeCredentials({
      identity: () => identity,
      verifyPeer: () => {},
      requirePqKem: false,
      serverName: 'server',
      protocols: [LONG_LIVED, H2],
    });
    return open(serverChannel(`127.0.0.1:${port}`, credentials, config.trustDomain));
  };
  return {
    port,
    socketPath: config.socketPath,
    config,
    log,
    admin: open(unixChannel(config.socketPath)),
    connect,
    takeRoles: (roles) => server.takeRoles(roles),
    stop,
  };
}

const readConfig = (directory: string): ServerConfig =>
  loadServerConfig({
    path: 'server.conf',
    text: `
      server {
        trust_domain = "example.org"
        bind_address = "127.0.0.1"
        bind_port = 8081
        socket_path = "${directory}/private/api.sock"
        data_dir = "${directory}"
      }
      plugins {
        DataStore "sql" { plugin_data { database_type = "postgres" connection_string = "user=unused dbname=unused" } }
        KeyManager "memory" { plugin_data {} }
        NodeAttestor "join_token" { plugin_data {} }
      }`,
  }).config;

const clients = (channel: Channel): Clients => ({
  agent: new ServiceClient('spire.api.server.agent.v1.Agent', channel),
  entry: new ServiceClient('spire.api.server.entry.v1.Entry', channel),
  svid: new ServiceClient('spire.api.server.svid.v1.SVID', channel),
  bundle: new ServiceClient('spire.api.server.bundle.v1.Bundle', channel),
  trustDomain: new ServiceClient('spire.api.server.trustdomain.v1.TrustDomain', channel),
  localAuthority: new ServiceClient('spire.api.server.localauthority.v1.LocalAuthority', channel),
  health: new ServiceClient('grpc.health.v1.Health', channel),
  logger: new ServiceClient('spire.api.server.logger.v1.Logger', channel),
  debug: new ServiceClient('spire.api.server.debug.v1.Debug', channel),
  reflection: new ServiceClient('grpc.reflection.v1.ServerReflection', channel),
  changes: new ServiceClient('writ.entry.v1.EntryChanges', channel),
  sync: new ServiceClient('writ.sync.v1.Sync', channel),
  explain: new ServiceClient('writ.explain.v1.ExplainEntry', channel),
  imports: new ServiceClient('writ.localauthority.v1.LocalAuthorityImport', channel),
});

export interface TestKey {
  readonly signer: Signer;
  readonly privateKey: KeyObject;
  csr(): Promise<Uint8Array>;
}

export async function testKey(): Promise<TestKey> {
  const { privateKey } = await generateKeyPair('ec-p256');
  const signer = keySigner(privateKey);
  return { signer, privateKey, csr: () => buildCsr(signer) };
}

export const identityOf = (key: TestKey, chain: readonly Uint8Array[]): TlsIdentity => ({
  certificatePem: chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
  privateKey: key.privateKey,
});

export interface Joined {
  readonly id: string;
  readonly path: string;
  readonly key: TestKey;
  readonly identity: TlsIdentity;
  readonly result: AttestResult | undefined;
}

type AttestResult = NonNullable<AttestAgentResponseOutput['result']>;

/** One round of AttestAgent: what the server answers. */
export async function attestRound(
  through: Clients,
  request: AttestAgentRequest,
): Promise<AttestAgentResponseOutput | undefined> {
  const call = through.agent.bidi('AttestAgent');
  call.send(request);
  const answer: AttestAgentResponseOutput | undefined = (await call.responses.next()).value;
  call.end();
  return answer;
}

/** Attests an agent with a new join token. */
export async function joinAgent(server: RunningServer, token = ''): Promise<Joined> {
  const { value } = await server.admin.agent.unary('CreateJoinToken', { ttl: 60, token });
  const key = await testKey();
  const data = { type: 'join_token', payload: Buffer.from(value) };
  const answer = await attestRound(server.connect(), { params: { data, params: { csr: await key.csr() } } });
  const result = answer?.result ?? undefined;
  const path = `/spire/agent/join_token/${value}`;
  const identity = identityOf(key, result?.svid?.cert_chain ?? []);
  return { id: `spiffe://example.org${path}`, path, key, identity, result };
}
