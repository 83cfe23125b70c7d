/** X.509-SVIDs from the server: a CSR for each, and a look at what it signed. Given to renew-svids by start/engine. */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import { internal } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';
import type { BundleCache } from '../cache/bundle-cache.ts';
import type { HeldSvid } from '../cache/x509-kind.ts';
import { isTargetOutOfReach, type Validity } from '../renewal-time.ts';
import { checkIssued } from './check-issued.ts';
import { mapLimited } from './map-limited.ts';
import { KEYS_AT_ONCE, type SvidRequests, type SvidSigning } from './svid-signing.ts';

export interface SvidRequest {
  readonly entryId: string;
  /** PKCS#10, DER. */
  readonly csr: Uint8Array;
}

export type SvidResult =
  | { readonly ok: true; readonly chain: readonly Uint8Array[] }
  | { readonly ok: false; readonly message: string };

/** Implemented by server-link/svid-client. */
export interface SvidIssuer {
  /** BatchNewX509SVID: a result for each request, in order. */
  newX509Svids(requests: readonly SvidRequest[], signal: AbortSignal): Promise<readonly SvidResult[]>;
}

export interface X509SigningParts {
  readonly bundles: BundleCache;
  readonly issuer: SvidIssuer;
  readonly keyType: KeyType;
  readonly availabilityTargetSeconds: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * SPIRE has at most 500 in a request. A workload that comes while a batch is on its way waits for it: so many take a tenth
 * of a second, most of which goes into the keys where they are RSA.
 */
const BATCH_MAX: Readonly<Record<KeyType, number>> = {
  'ec-p256': 100,
  'ec-p384': 50,
  'rsa-2048': 4,
  'rsa-4096': 1,
};

interface Pending {
  readonly entry: AgentEntry;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
  readonly csr: Uint8Array;
}

export class X509Signing implements SvidSigning<HeldSvid> {
  readonly batchMax: number;
  readonly #parts: X509SigningParts;
  #hasWarnedOfTarget = false;

  constructor(parts: X509SigningParts) {
    this.#parts = parts;
    this.batchMax = BATCH_MAX[parts.keyType];
  }

  async prepare(batch: readonly AgentEntry[]): Promise<SvidRequests<HeldSvid>> {
    const pending = await mapLimited(batch, KEYS_AT_ONCE, (entry) => this.#prepare(entry));
    const requests = pending.map(({ entry, csr }) => ({ entryId: entry.id, csr }));
    return {
      send: async (signal) => {
        const results = await this.#parts.issuer.newX509Svids(requests, signal);
        if (results.length !== pending.length)
          throw internal(`server gave ${results.length} answers to ${pending.length} requests for SVIDs`);
        return pending.map((one, at) => () => this.#accept(one, results[at]));
      },
    };
  }

  async #prepare(entry: AgentEntry): Promise<Pending> {
    const { privateKey } = await generateKeyPair(this.#parts.keyType);
    const signer = keySigner(privateKey);
    return {
      entry,
      privateKey,
      publicKey: signer.publicKey,
      csr: await buildCsr(signer, { spiffeId: entry.spiffeId }),
    };
  }

  #accept({ entry, privateKey, publicKey }: Pending, result: SvidResult | undefined): HeldSvid {
    if (result === undefined) throw internal('server gave no answer');
    if (!result.ok) throw internal(`server refused it: ${result.message}`);
    const { bundles, clock } = this.#parts;
    const svid = checkIssued({
      chain: result.chain,
      entry,
      publicKey,
      authorities: (trustDomain) => bundles.authorities(trustDomain),
      at: clock.now(),
    });
    this.#warnOfTarget(svid);
    return {
      entry,
      spiffeId: svid.id,
      chain: result.chain,
      privateKey: privateKeyToPkcs8(privateKey),
      issuedAt: svid.issuedAt,
      expiresAt: svid.expiresAt,
    };
  }

  #warnOfTarget(validity: Validity): void {
    const { availabilityTargetSeconds, log } = this.#parts;
    if (this.#hasWarnedOfTarget || !isTargetOutOfReach(validity, availabilityTargetSeconds)) return;
    this.#hasWarnedOfTarget = true;
    log.warn('SVIDs are too short-lived for availability_target: renewing at half of their life', {
      availabilityTargetSeconds,
    });
  }
}
