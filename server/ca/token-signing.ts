/**
 * What the signing of JWT-SVIDs and WIT-SVIDs has in common: the active key, proven once before it is used, and how long a
 * token lives. Used by jwt-ca and wit-ca.
 */
import { addSeconds, type Clock, toSeconds } from '../../shared/clock.ts';
import { isJwsSignatureValid } from '../../shared/crypto/jws-algorithms.ts';
import { importPublicKey } from '../../shared/crypto/public-key.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { internal, invalidArgument } from '../../shared/errors.ts';
import { parseCompactJws } from '../../shared/svid/compact-jws.ts';
import { TokenWriter } from '../../shared/svid/token-writer.ts';
import type { ClusterClock } from './cluster-clock.ts';
import type { TokenKey, TokenKeys } from './token-keys.ts';

export interface TokenSigningNeeds {
  readonly keys: TokenKeys;
  readonly clock: Clock;
  /** How far the clock runs ahead of the other servers'. */
  readonly clusterClock?: Pick<ClusterClock, 'aheadMs'> | undefined;
  /** `typ` of the header. */
  readonly type: string;
  readonly defaultTtlSeconds: number;
}

export interface ReadyToSign {
  readonly writer: TokenWriter;
  readonly key: TokenKey;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface IssuedToken {
  readonly token: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** `jti`, where it has one. */
  readonly tokenId: string | undefined;
}

export class TokenSigning {
  readonly #needs: TokenSigningNeeds;
  /** Of the key that was used last. */
  #writer:
    | { readonly signer: Signer; readonly keyId: string; readonly made: Promise<TokenWriter> }
    | undefined;

  constructor(needs: TokenSigningNeeds) {
    this.#needs = needs;
  }

  /** 0 means the default; the token never outlives its key. Throws InvalidArgument on a TTL, Unavailable without a key. */
  async prepare(ttlSeconds: number): Promise<ReadyToSign> {
    const { keys, clock, clusterClock, defaultTtlSeconds } = this.#needs;
    if (!(ttlSeconds >= 0)) throw invalidArgument(`TTL of ${ttlSeconds} s is negative`);
    const key = keys.activeKey();
    const writer = await this.#writerOf(key);
    const now = clock.now();
    const wanted = addSeconds(now, ttlSeconds || defaultTtlSeconds);
    return {
      writer,
      key,
      issuedAt: toSeconds(addSeconds(now, -(clusterClock?.aheadMs ?? 0) / 1_000)),
      expiresAt: toSeconds(wanted < key.expiresAt ? wanted : key.expiresAt),
    };
  }

  #writerOf({ keyId, signer }: TokenKey): Promise<TokenWriter> {
    const known = this.#writer;
    if (known?.signer === signer && known.keyId === keyId) return known.made;
    const made = provenWriter(new TokenWriter({ keyId, signer, type: this.#needs.type }), signer);
    this.#writer = { signer, keyId, made };
    made.catch(() => {
      if (this.#writer?.made === made) this.#writer = undefined; // tried again by the next
    });
    return made;
  }
}

/** To verify every token would take three times as long as to sign it; that key and algorithm fit is shown once. */
async function provenWriter(writer: TokenWriter, { publicKey }: Signer): Promise<TokenWriter> {
  const { signed, signature } = parseCompactJws(await writer.write({}));
  const message = Buffer.from(signed, 'latin1');
  const { algorithm } = writer;
  if (!isJwsSignatureValid({ algorithm, publicKey: importPublicKey(publicKey), message, signature }))
    throw internal('signatures of the active token key are not valid by its public key');
  return writer;
}
