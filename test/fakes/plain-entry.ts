/** An entry's fields but those that make it one: all as an operator leaves them who gives none. */
import type { EntryFields } from '../../server/entries/entry.ts';

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
