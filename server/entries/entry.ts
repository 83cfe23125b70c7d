/** A registration entry: which workloads below which parent get which SPIFFE ID. */
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

/** What a caller may set (SPIRE registration API, T.Entry). */
export interface EntryFields {
  readonly spiffeId: SpiffeId;
  readonly parentId: SpiffeId;
  /** At least one, sorted by key, no duplicates. */
  readonly selectors: readonly Selector[];
  /** 0 = the server's default. */
  readonly x509SvidTtlSeconds: number;
  /** 0 = the server's default. */
  readonly jwtSvidTtlSeconds: number;
  readonly federatesWith: readonly TrustDomain[];
  readonly admin: boolean;
  readonly downstream: boolean;
  readonly storeSvid: boolean;
  /** Absent = never. */
  readonly expiresAt: Date | undefined;
  readonly dnsNames: readonly string[];
  readonly hint: string;
  readonly disableX509SvidPrefetch: boolean;
  readonly jwtSvidIncludeJti: boolean;
}

/** What an entry has that says no more than who gets which ID. */
export const PLAIN_ENTRY: Omit<EntryFields, 'spiffeId' | 'parentId' | 'selectors'> = {
  x509SvidTtlSeconds: 0,
  jwtSvidTtlSeconds: 0,
  federatesWith: [],
  admin: false,
  downstream: false,
  storeSvid: false,
  expiresAt: undefined,
  dnsNames: [],
  hint: '',
  disableX509SvidPrefetch: false,
  jwtSvidIncludeJti: false,
};

export interface Entry extends EntryFields {
  /** 1 to 255 of `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** 0 at creation, one more with every successful update. */
  readonly revisionNumber: number;
  readonly createdAt: Date;
}

/** An entry about to be created; without an id it gets a UUID. */
export interface NewEntry extends EntryFields {
  readonly id: string | undefined;
}
