/** A key that signs JWT-SVIDs of a trust domain, and the bundle that says so. Used by the tests of the client library. */
import type { JWTSVIDResponse } from '../../proto/gen/JWTSVIDResponse.ts';
import { addSeconds, type Clock } from '../../shared/clock.ts';
import { publicKeyToJwk } from '../../shared/crypto/jwk.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { buildJwtSvid, JWT_SVID_TYPE } from '../../shared/svid/jwt-svid.ts';
import { TokenWriter } from '../../shared/svid/token-writer.ts';
import { signerOf } from '../shared/crypto/pki.ts';

interface Issue {
  readonly id: string;
  readonly audience: readonly string[];
  readonly ttlSeconds?: number;
  readonly tokenId?: string;
  readonly hint?: string;
}

export class FakeTokenIssuer {
  readonly #clock: Clock;
  readonly #writer: TokenWriter;
  readonly #key: object;
  readonly trustDomainId: string;

  private constructor(
    clock: Clock,
    trustDomain: string,
    { writer, key }: { writer: TokenWriter; key: object },
  ) {
    this.#clock = clock;
    this.trustDomainId = `spiffe://${trustDomain}`;
    this.#writer = writer;
    this.#key = key;
  }

  static async make(clock: Clock, keyId = 'k1', trustDomain = 'example.org'): Promise<FakeTokenIssuer> {
    const signer = await signerOf('ec-p256');
    const writer = new TokenWriter({ keyId, signer, type: JWT_SVID_TYPE });
    const key = { ...publicKeyToJwk(signer.publicKey), kid: keyId };
    return new FakeTokenIssuer(clock, trustDomain, { writer, key });
  }

  /** What FetchJWTBundles says of these keys. */
  static bundles(...issuers: readonly FakeTokenIssuer[]): { readonly bundles: Record<string, Buffer> } {
    const ids = [...new Set(issuers.map(({ trustDomainId }) => trustDomainId))];
    const keysOf = (id: string) =>
      issuers.filter((each) => each.trustDomainId === id).map((each) => each.#key);
    return {
      bundles: Object.fromEntries(ids.map((id) => [id, Buffer.from(JSON.stringify({ keys: keysOf(id) }))])),
    };
  }

  token({ id, audience, ttlSeconds = 300, tokenId }: Issue): Promise<string> {
    const issuedAt = this.#clock.now();
    return buildJwtSvid(this.#writer, {
      spiffeId: SpiffeId.parse(id),
      audience,
      issuedAt,
      expiresAt: addSeconds(issuedAt, ttlSeconds),
      issuer: undefined,
      tokenId,
    });
  }

  /** What FetchJWTSVID says. */
  async response(...issues: readonly Issue[]): Promise<JWTSVIDResponse> {
    const svids = issues.map(async (issue) => ({
      spiffe_id: issue.id,
      svid: await this.token(issue),
      hint: issue.hint ?? '',
    }));
    return { svids: await Promise.all(svids) };
  }
}
