/** WIT-SVIDs from the server: a key for each, which it names, and a look at what it signed. Given to renew-svids by start/wit-engine. */
import type { KeyObject } from 'node:crypto';
import { bytesEqual } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { type JwsAlgorithm, jwsAlgorithmOf } from '../../shared/crypto/jws-algorithms.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import { Code, CodedError, internal } from '../../shared/errors.ts';
import { parseWitSvid, verifyWitSvid } from '../../shared/svid/wit-svid.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { BundleCache } from '../cache/bundle-cache.ts';
import type { HeldWitSvid } from '../cache/wit-kind.ts';
import { mapLimited } from './map-limited.ts';
import { KEYS_AT_ONCE, type SvidRequests, type SvidSigning } from './svid-signing.ts';
import type { WitSupport } from './wit-support.ts';

export interface WitRequest {
  readonly entryId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm: JwsAlgorithm;
}

export type WitResult =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly message: string };

/** Implemented by server-link/svid-client. */
export interface WitIssuer {
  /** BatchNewWITSVID: a result for each request, in order. */
  newWitSvids(requests: readonly WitRequest[], signal: AbortSignal): Promise<readonly WitResult[]>;
}

export interface WitSigningParts {
  readonly bundles: Pick<BundleCache, 'own'>;
  readonly issuer: WitIssuer;
  readonly keyType: KeyType;
  readonly support: WitSupport;
  readonly clock: Clock;
}

const BATCH_MAX = 50;

interface Pending {
  readonly entry: AgentEntry;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

export class WitSigning implements SvidSigning<HeldWitSvid> {
  readonly batchMax = BATCH_MAX;
  readonly #parts: WitSigningParts;
  readonly #algorithm: JwsAlgorithm;

  constructor(parts: WitSigningParts) {
    this.#parts = parts;
    this.#algorithm = jwsAlgorithmOf(parts.keyType);
  }

  async prepare(batch: readonly AgentEntry[]): Promise<SvidRequests<HeldWitSvid>> {
    const pending = await mapLimited(batch, KEYS_AT_ONCE, async (entry): Promise<Pending> => {
      return { entry, ...(await generateKeyPair(this.#parts.keyType)) };
    });
    return { send: (signal) => this.#send(pending, signal) };
  }

  async #send(pending: readonly Pending[], signal: AbortSignal): Promise<readonly (() => HeldWitSvid)[]> {
    const algorithm = this.#algorithm;
    const requests = pending.map(({ entry, publicKey }) => ({ entryId: entry.id, publicKey, algorithm }));
    const { issuer, support } = this.#parts;
    try {
      const results = await issuer.newWitSvids(requests, signal);
      support.isThere();
      if (results.length !== pending.length)
        throw internal(`server gave ${results.length} answers to ${pending.length} requests for SVIDs`);
      return pending.map((one, at) => () => this.#accept(one, results[at]));
    } catch (error) {
      if (error instanceof CodedError && error.code === Code.unimplemented) support.isMissing();
      throw error;
    }
  }

  /** Throws unless it is what was asked for: the entry's ID, our key, and, where the bundle holds it, an authority's signature. */
  #accept({ entry, privateKey, publicKey }: Pending, result: WitResult | undefined): HeldWitSvid {
    if (result === undefined) throw internal('server gave no answer');
    if (!result.ok) throw internal(`server refused it: ${result.message}`);
    const { token } = result;
    const svid = parseWitSvid(token);
    const now = this.#parts.clock.now();
    if (!svid.id.equals(entry.spiffeId))
      throw internal(`server issued "${svid.id}" in place of "${entry.spiffeId}"`);
    if (!bytesEqual(svid.proofKey.publicKey, publicKey))
      throw internal('server issued a WIT-SVID for another key than ours');
    if (svid.expiresAt <= now) throw internal('server issued a WIT-SVID that has expired by our clock');
    const { issuedAt = now, expiresAt, keyId } = svid;
    const { witAuthorities } = this.#parts.bundles.own;
    if (witAuthorities.some((authority) => authority.keyId === keyId))
      verifyWitSvid({ token, authorities: () => witAuthorities, at: issuedAt });
    const key = privateKeyToPkcs8(privateKey);
    return { entry, spiffeId: svid.id, token, keyId, privateKey: key, issuedAt, expiresAt };
  }
}
