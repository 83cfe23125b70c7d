/** A reason for our verdict to differ from Go's, and what rules say of certificates. */
import type { Certificate } from '../../../shared/crypto/certificate.ts';

/** What a rule looks at. */
export interface Difference {
  /** What the side that refuses says. */
  readonly refusal: string;
  /** Those of the case that our reader reads, leaf first. */
  readonly certificates: readonly Certificate[];
  /** Encodings that it does not read. */
  readonly unreadable: readonly Uint8Array[];
}

export interface Rule {
  readonly accepts: 'go' | 'writ';
  readonly says: RegExp;
  /** Whether the certificates bear out what the refusal says. */
  readonly holds: (difference: Difference) => boolean;
  readonly why: string;
}

export type Holds = Rule['holds'];
export const some =
  (is: (certificate: Certificate) => boolean): Holds =>
  ({ certificates }) =>
    certificates.some(is);
export const leaf =
  (is: (certificate: Certificate) => boolean): Holds =>
  ({ certificates: [first] }) =>
    first !== undefined && is(first);
export const isMalformed: Holds = ({ unreadable }) => unreadable.length > 0;
/** The bytes, in hex, are in one that is not read. */
export const holdsBytes =
  (pattern: RegExp): Holds =>
  ({ unreadable }) =>
    unreadable.some((der) => pattern.test(Buffer.from(der).toString('hex')));
export const hasExtension = (oid: string) =>
  some(({ extensions }) => extensions.some((each) => each.oid === oid));
export const isCriticalWith = (oids: readonly string[]) =>
  some(({ unhandledCriticalExtensions: found }) => found.some((oid) => oids.includes(oid)));
export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
export const constraintsOf = (kind: 'uris' | 'dnsNames', { certificates }: Difference): readonly string[] =>
  certificates.flatMap(({ nameConstraints }) =>
    nameConstraints === undefined
      ? []
      : [...nameConstraints.permitted[kind], ...nameConstraints.excluded[kind]],
  );
