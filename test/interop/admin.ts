/** The server's admin API as tests use it: on one kept channel, so that what is measured is the server. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { Entry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { HealthDefinition } from '../../proto/gen/grpc/health/v1/Health.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { type Channel, unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

/** What an entry says; IDs are whole URIs. */
export interface EntryText {
  readonly spiffeId: string;
  readonly parentId: string;
  readonly selectors: readonly string[];
  readonly x509SvidTtlSeconds?: number;
  readonly dnsNames?: readonly string[];
  readonly hint?: string;
  /** Names of trust domains. */
  readonly federatesWith?: readonly string[];
}

export class SystemAdmin {
  readonly #channel: Channel;

  constructor(socket: string) {
    this.#channel = unixChannel(socket);
  }

  #client<Def>(service: string): ServiceClient<Def> {
    return new ServiceClient<Def>(service, this.#channel);
  }

  get #entries(): ServiceClient<EntryDefinition> {
    return this.#client('spire.api.server.entry.v1.Entry');
  }

  async isHealthy(): Promise<boolean> {
    const health = this.#client<HealthDefinition>('grpc.health.v1.Health');
    return health.unary('Check', {}, { timeoutMs: 2_000 }).then(
      ({ status }) => status === 'SERVING',
      () => false,
    );
  }

  /** The trust domain's CA certificates, PEM. */
  async bundlePem(): Promise<string> {
    const bundles = this.#client<BundleDefinition>('spire.api.server.bundle.v1.Bundle');
    const { x509_authorities: authorities } = await bundles.unary('GetBundle', {});
    return authorities.map(({ asn1 }) => formatPem('CERTIFICATE', asn1)).join('');
  }

  /** A join token; with an `alias` its agent also goes by that. */
  async joinToken(alias?: string): Promise<string> {
    const agents = this.#client<AgentDefinition>('spire.api.server.agent.v1.Agent');
    const agentId = alias === undefined ? null : wireId(alias);
    const token = await agents.unary('CreateJoinToken', { ttl: 600, agent_id: agentId });
    return token.value;
  }

  /** The new entry's ID. Throws when the server does not take it. */
  async createEntry(entry: EntryText): Promise<string> {
    const [id] = await this.createEntries([entry]);
    if (id === undefined) throw failed(undefined);
    return id;
  }

  /** In one call: the new entries' IDs. Throws when the server does not take one of them. */
  async createEntries(entries: readonly EntryText[]): Promise<readonly string[]> {
    const { results } = await this.#entries.unary('BatchCreateEntry', { entries: entries.map(wireEntry) });
    return results.map(({ status, entry }) => {
      if (status?.code !== 0 || entry === null) throw failed(status);
      return entry.id;
    });
  }

  async updateEntry(id: string, entry: EntryText): Promise<void> {
    const { results } = await this.#entries.unary('BatchUpdateEntry', {
      entries: [{ ...wireEntry(entry), id }],
    });
    if (results[0]?.status?.code !== 0) throw failed(results[0]?.status);
  }

  async deleteEntry(id: string): Promise<void> {
    const { results } = await this.#entries.unary('BatchDeleteEntry', { ids: [id] });
    if (results[0]?.status?.code !== 0) throw failed(results[0]?.status);
  }

  /** All entries: ID -> SPIFFE ID. */
  async listEntries(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    let token = '';
    do {
      const page = await this.#entries.unary('ListEntries', { page_size: 500, page_token: token });
      for (const { id, spiffe_id: spiffeId } of page.entries)
        found.set(id, `spiffe://${spiffeId?.trust_domain}${spiffeId?.path}`);
      token = page.next_page_token;
    } while (token !== '');
    return found;
  }

  close(): void {
    this.#channel.close();
  }
}

const failed = (status: { readonly code: number; readonly message: string } | null | undefined): CodedError =>
  new CodedError(
    (status?.code ?? Code.unknown) as Code,
    status?.message ?? 'the server did not say how it went',
  );

function wireId(text: string): { trust_domain: string; path: string } {
  const id = SpiffeId.parse(text);
  return { trust_domain: id.trustDomain.name, path: id.path };
}

const wireEntry = (entry: EntryText): Entry => ({
  spiffe_id: wireId(entry.spiffeId),
  parent_id: wireId(entry.parentId),
  selectors: entry.selectors.map((text) => ({ ...parseSelector(text) })),
  x509_svid_ttl: entry.x509SvidTtlSeconds ?? 0,
  dns_names: [...(entry.dnsNames ?? [])],
  hint: entry.hint ?? '',
  federates_with: [...(entry.federatesWith ?? [])],
});
