/** What `writ up` asks of the server on its admin socket. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { HealthDefinition } from '../../proto/gen/grpc/health/v1/Health.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Selector } from '../../shared/selectors.ts';

const ALREADY_EXISTS = 6;

export interface Registration {
  readonly spiffeId: SpiffeId;
  readonly parentId: SpiffeId;
  readonly selectors: readonly Selector[];
}

export class Admin {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  #call<Def, T>(service: string, use: (client: LocalClient<Def>) => Promise<T>): Promise<T> {
    return use(new LocalClient<Def>(service, this.#socket));
  }

  async isHealthy(): Promise<boolean> {
    const check = (health: LocalClient<HealthDefinition>) => health.unary('Check', {}, { timeoutMs: 2_000 });
    return this.#call('grpc.health.v1.Health', check).then(
      ({ status }) => status === 'SERVING',
      () => false,
    );
  }

  /** The trust domain's CA certificates, PEM. */
  bundlePem(): Promise<string> {
    return this.#call<BundleDefinition, string>('spire.api.server.bundle.v1.Bundle', async (client) => {
      const bundle = await client.unary('GetBundle', {});
      return bundle.x509_authorities.map(({ asn1 }) => formatPem('CERTIFICATE', asn1)).join('');
    });
  }

  /** A join token whose agent also goes by `alias`, so that entries can name it before it exists. */
  joinToken(alias: SpiffeId): Promise<string> {
    return this.#call<AgentDefinition, string>('spire.api.server.agent.v1.Agent', async (client) => {
      const token = await client.unary('CreateJoinToken', { ttl: 600, agent_id: wire(alias) });
      return token.value;
    });
  }

  /** Registers; what is there already is fine. */
  register(registrations: readonly Registration[]): Promise<void> {
    return this.#call<EntryDefinition, void>('spire.api.server.entry.v1.Entry', async (client) => {
      const entries = registrations.map(({ spiffeId, parentId, selectors }) => ({
        spiffe_id: wire(spiffeId),
        parent_id: wire(parentId),
        selectors: selectors.map((selector) => ({ ...selector })),
      }));
      const { results } = await client.unary('BatchCreateEntry', { entries });
      const failed = results.find(({ status }) => status?.code !== 0 && status?.code !== ALREADY_EXISTS);
      if (failed !== undefined) throw new Error(failed.status?.message ?? 'no status');
    });
  }
}

const wire = (id: SpiffeId) => ({ trust_domain: id.trustDomain.name, path: id.path });
