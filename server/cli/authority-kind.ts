/** What the `localauthority` commands of a kind differ in. Used by them alone. */

/** As it is in the names of the RPCs. */
export type AuthorityKind = 'X509' | 'JWT' | 'WIT';

/** As people read it. */
export const nameOf = (kind: AuthorityKind): string => (kind === 'X509' ? 'X.509' : kind);
