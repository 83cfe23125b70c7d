/** X.509-SVIDs in a cache. Given to svid-cache by start/engine. */
import { toHex } from '../../shared/bytes.ts';
import { standingOf } from '../../shared/svid/standing.ts';
import type { AnySvid, SvidKind } from './svid-kind.ts';
import type { Identity } from './workload-identities.ts';

export interface HeldSvid extends AnySvid {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
}

export const x509Kind: SvidKind<HeldSvid, Identity> = {
  name: 'X.509',
  isPrefetched: ({ disableX509SvidPrefetch }) => !disableX509SvidPrefetch,
  identityOf: ({ spiffeId, chain, privateKey, expiresAt }, { id: entryId, hint }) => ({
    entryId,
    spiffeId,
    hint,
    chain,
    privateKey,
    expiresAt,
  }),
  authorityStates: ({ x509Authorities }) =>
    x509Authorities.map(({ certificate, tainted }) => `${tainted} ${toHex(certificate)}`),
  hasTaintedAuthority: ({ x509Authorities }) => x509Authorities.some(({ tainted }) => tainted),
  standingOf: ({ chain }, { x509Authorities }) => standingOf(chain, x509Authorities),
};
