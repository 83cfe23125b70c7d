/** The JWT authorities of one trust domain, from the Workload API (SPIFFE_Workload_API 6.2.2). Listed in registry. */
import type { SpiffeWorkloadAPIDefinition } from '../../../proto/gen/SpiffeWorkloadAPI.ts';
import { parseJwtKeys } from '../../../shared/bundle/bundle-json.ts';
import { notFound, unavailable } from '../../../shared/errors.ts';
import { LocalClient } from '../../../shared/rpc/local/client.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { KeySource } from './key-source.ts';

const HEADER = { 'workload.spiffe.io': 'true' }; // SPIFFE_Workload_Endpoint 3
const TIMEOUT_MS = 30_000;

/** Each time the first message of a new stream: the interval of the file says how often. */
export function workloadApiKeys(socketPath: string, trustDomain: TrustDomain): KeySource {
  const client = new LocalClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', socketPath);
  return {
    failure: 'Failed to fetch JWKS from the Workload API',
    fetch: async (signal) => {
      const options = { metadata: HEADER, timeoutMs: TIMEOUT_MS, signal };
      for await (const { bundles } of client.serverStream('FetchJWTBundles', {}, options)) {
        const id = `spiffe://${trustDomain.name}`;
        const bundle = Object.hasOwn(bundles, id) ? bundles[id] : undefined;
        if (bundle === undefined) throw notFound(`the Workload API has no JWT bundle of ${id}`);
        return parseJwtKeys(new TextDecoder().decode(bundle));
      }
      throw unavailable('the Workload API ended the stream without an answer');
    },
  };
}
