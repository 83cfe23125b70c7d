/** The server's SVID API: SVIDs for workloads. Called by sync/renew-svids and cache/jwt-signing. */
import type { SVIDDefinition } from '../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import type { _spire_api_server_svid_v1_BatchNewWITSVIDResponse_ResultOutput as WitResultOutput } from '../../proto/gen/spire/api/server/svid/v1/BatchNewWITSVIDResponse.ts';
import type { _spire_api_server_svid_v1_BatchNewX509SVIDResponse_ResultOutput as ResultOutput } from '../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDResponse.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import type { JwtIssuer, JwtRequest } from '../cache/jwt-signing.ts';
import type { WitIssuer, WitRequest, WitResult } from '../sync/sign-wit.ts';
import type { Positions } from '../sync/position.ts';
import type { SvidIssuer, SvidRequest, SvidResult } from '../sync/sign-x509.ts';
import type { ServerConnection } from './connection.ts';
import { positionMetadata } from './position-header.ts';
import { readChain } from './wire.ts';

const SERVICE = 'spire.api.server.svid.v1.SVID';

export class SvidClient implements SvidIssuer, JwtIssuer, WitIssuer {
  readonly #connection: ServerConnection;
  readonly #positions: Positions;

  constructor(connection: ServerConnection, positions: Positions) {
    this.#connection = connection;
    this.#positions = positions;
  }

  async newX509Svids(requests: readonly SvidRequest[], signal: AbortSignal): Promise<readonly SvidResult[]> {
    const params = requests.map(({ entryId, csr }) => ({ entry_id: entryId, csr }));
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<SVIDDefinition>) => {
      const { results } = await client.unary('BatchNewX509SVID', { params }, { metadata, signal });
      return results.map(readResult);
    });
  }

  async newWitSvids(requests: readonly WitRequest[], signal: AbortSignal): Promise<readonly WitResult[]> {
    const params = requests.map(({ entryId, publicKey, algorithm }) => ({
      entry_id: entryId,
      public_key: publicKey,
      signing_algorithm: algorithm,
    }));
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<SVIDDefinition>) => {
      const { results } = await client.unary('BatchNewWITSVID', { params }, { metadata, signal });
      return results.map(readWitResult);
    });
  }

  async newJwtSvid({ entryId, audience }: JwtRequest, signal: AbortSignal): Promise<string> {
    const request = { entry_id: entryId, audience: [...audience] };
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<SVIDDefinition>) => {
      const { svid } = await client.unary('NewJWTSVID', request, { metadata, signal });
      if (svid === null || svid.token === '') throw internal('server sent no JWT-SVID');
      return svid.token;
    });
  }
}

function readResult({ status, svid }: ResultOutput): SvidResult {
  if (status !== null && status.code !== 0)
    return { ok: false, message: `${status.message} (code ${status.code})` };
  try {
    return { ok: true, chain: readChain(svid) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

function readWitResult({ status, svid }: WitResultOutput): WitResult {
  if (status !== null && status.code !== 0)
    return { ok: false, message: `${status.message} (code ${status.code})` };
  const token = svid?.token ?? '';
  return token === '' ? { ok: false, message: 'server sent no WIT-SVID' } : { ok: true, token };
}
