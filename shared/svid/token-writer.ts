/** Writes tokens with one key: what is the same in all of them is encoded once. Called by jwt-svid and wit-svid. */
import { type JwsAlgorithm, jwsAlgorithmOf, toJwsSignature } from '../crypto/jws-algorithms.ts';
import type { Signer } from '../crypto/signer.ts';
import type { Json } from './compact-jws.ts';

export interface TokenWriterNeeds {
  readonly keyId: string;
  readonly signer: Signer;
  /** `typ` of the header. */
  readonly type: string;
}

export class TokenWriter {
  readonly keyId: string;
  readonly algorithm: JwsAlgorithm;
  readonly #signer: Signer;
  /** base64url, with its dot. */
  readonly #header: string;

  constructor({ keyId, signer, type }: TokenWriterNeeds) {
    this.keyId = keyId;
    this.algorithm = jwsAlgorithmOf(signer.keyType);
    this.#signer = signer;
    this.#header = `${base64url(JSON.stringify({ alg: this.algorithm, kid: keyId, typ: type }))}.`;
  }

  /** The compact JWS; rejects with the signer's error. */
  async write(claims: Json): Promise<string> {
    const signed = this.#header + base64url(JSON.stringify(claims));
    const signature = toJwsSignature(this.algorithm, await this.#signer.sign(Buffer.from(signed, 'latin1')));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
