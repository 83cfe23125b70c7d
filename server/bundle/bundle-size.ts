/**
 * How large a bundle is, and may be. Asked where callers write bundles: the largest must fit a message of gRPC, beside
 * others in a page of a list, and in the memory of every agent.
 */
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { Code, CodedError } from '../../shared/errors.ts';

/** DIVERGES: SPIRE has no bound. Some 1,500 authorities of P-256, 700 of RSA-4096. */
export const BUNDLE_MAX_BYTES = 1_024 * 1_024;
const OVERHEAD_BYTES = 32; // of one authority on the wire: tags, lengths, a time, a flag

/** Of the bundle on the wire; never too low. */
export const bundleBytes = (bundle: Bundle): number =>
  bundle.trustDomain.name.length +
  OVERHEAD_BYTES +
  sum(bundle.x509Authorities.map(({ certificate }) => certificate.length)) +
  sum([...bundle.jwtAuthorities, ...bundle.witAuthorities].map(tokenBytes));

/** Throws ResourceExhausted. */
export function checkBundleSize(bundle: Bundle, maxBytes: number): void {
  const bytes = bundleBytes(bundle);
  if (bytes > maxBytes)
    throw new CodedError(
      Code.resourceExhausted,
      `the bundle would have ${bytes} bytes, and ${maxBytes} at most are kept`,
    );
}

const tokenBytes = ({ keyId, publicKey }: TokenAuthority): number =>
  Buffer.byteLength(keyId) + publicKey.length;

const sum = (lengths: readonly number[]): number =>
  lengths.reduce((total, length) => total + length + OVERHEAD_BYTES, 0);
