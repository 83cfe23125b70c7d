/** The server's Bundle API: our own trust domain's bundle and those of others. Called by attest-node and sync. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Positions } from '../sync/position.ts';
import type { BundleSource } from '../sync/sync.ts';
import type { ServerConnection } from './connection.ts';
import { positionMetadata } from './position-header.ts';
import { readBundle } from './wire.ts';

const SERVICE = 'spire.api.server.bundle.v1.Bundle';

export class BundleClient implements BundleSource {
  readonly #connection: ServerConnection;
  readonly #trustDomain: TrustDomain;
  readonly #positions: Positions;

  constructor(connection: ServerConnection, trustDomain: TrustDomain, positions: Positions) {
    this.#connection = connection;
    this.#trustDomain = trustDomain;
    this.#positions = positions;
  }

  async getBundle(): Promise<Bundle> {
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<BundleDefinition>) =>
      readBundle(await client.unary('GetBundle', {}, { metadata }), this.#trustDomain),
    );
  }

  async getFederatedBundle(trustDomain: TrustDomain): Promise<Bundle> {
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<BundleDefinition>) =>
      readBundle(
        await client.unary('GetFederatedBundle', { trust_domain: trustDomain.name }, { metadata }),
        trustDomain,
      ),
    );
  }
}
