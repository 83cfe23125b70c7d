/** WIT-SVIDs in a cache. Given to svid-cache by start/wit-engine, where they are turned on. */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { AnySvid, SvidKind } from './svid-kind.ts';

export interface HeldWitSvid extends AnySvid {
  readonly token: string;
  /** Of the authority that signed it. */
  readonly keyId: string;
  /** PKCS#8 DER, of the key that it names. */
  readonly privateKey: Uint8Array;
}

/** One WIT-SVID with its key, ready to be handed to the workload that it names. */
export interface WitIdentity {
  readonly entryId: string;
  readonly spiffeId: SpiffeId;
  /** Empty = none. Unique within one update. */
  readonly hint: string;
  readonly token: string;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
}

/** Few workloads use them: none is made before somebody asks. */
export const witKind: SvidKind<HeldWitSvid, WitIdentity> = {
  name: 'WIT',
  isPrefetched: () => false,
  identityOf: ({ spiffeId, token, privateKey }, { id: entryId, hint }) => ({
    entryId,
    spiffeId,
    hint,
    token,
    privateKey,
  }),
  authorityStates: ({ witAuthorities }) => witAuthorities.map(({ keyId, tainted }) => `${tainted} ${keyId}`),
  hasTaintedAuthority: ({ witAuthorities }) => witAuthorities.some(({ tainted }) => tainted),
  standingOf: ({ keyId }, { witAuthorities }) => {
    const authority = witAuthorities.find((each) => each.keyId === keyId);
    if (authority === undefined) return 'gone';
    return authority.tainted ? 'tainted' : 'good';
  },
};
