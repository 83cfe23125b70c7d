/** JWT-SVIDs and JWT bundles of a Workload API, as the helper wants them. Made by agent/cli/svid-files. */
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { parseJwtSvid } from '../../shared/svid/jwt-svid.ts';
import type { HelperToken, JwtApi } from './jwt-writers.ts';

const metadata = { 'workload.spiffe.io': 'true' }; // SPIFFE_Workload_Endpoint 3

export class WorkloadJwtApi implements JwtApi {
  readonly #rpcs: Rpcs<SpiffeWorkloadAPIDefinition>;

  constructor(rpcs: Rpcs<SpiffeWorkloadAPIDefinition>) {
    this.#rpcs = rpcs;
  }

  /** Throws CodedError; InvalidArgument when a token is none. */
  async fetchTokens(audience: readonly string[], signal: AbortSignal): Promise<readonly HelperToken[]> {
    const request = { audience: [...audience], spiffe_id: '' };
    const { svids } = await this.#rpcs.unary('FetchJWTSVID', request, { metadata, signal });
    return svids.map(({ svid: token, hint }) => ({ token, hint, expiresAt: parseJwtSvid(token).expiresAt }));
  }

  async *bundles(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, Uint8Array>> {
    for await (const { bundles } of this.#rpcs.serverStream('FetchJWTBundles', {}, { metadata, signal }))
      yield new Map(Object.entries(bundles).map(([id, jwks]) => [TrustDomain.parse(id).name, jwks]));
  }
}
