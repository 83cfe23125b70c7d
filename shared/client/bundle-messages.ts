/**
 * What FetchX509Bundles and FetchJWTBundles answer, read and checked (SPIFFE_Workload_API 5.2.2, 6.2.2). A bundle that
 * cannot be read is left out, and so is believed no more: one trust domain's must not keep the others from being renewed.
 */
import type { JWTBundlesResponseOutput } from '../../proto/gen/JWTBundlesResponse.ts';
import type { X509BundlesResponseOutput } from '../../proto/gen/X509BundlesResponse.ts';
import type { TokenAuthority } from '../bundle/bundle.ts';
import { parseJwtKeys } from '../bundle/bundle-json.ts';
import { parseCertificates } from '../crypto/certificate.ts';
import { type CodedError, internal, invalidArgument, messageOf } from '../errors.ts';
import { TrustDomain } from '../spiffe/trust-domain.ts';

/** Trust domain name -> CA certificates (DER). */
export type X509Bundles = ReadonlyMap<string, readonly Uint8Array[]>;

/** Trust domain name -> keys. */
export type JwtBundles = ReadonlyMap<string, readonly TokenAuthority[]>;

/** Hears of each bundle that is left out. */
export type TellFault = (fault: CodedError) => void;

/** Throws InvalidArgument without any bundle: the own trust domain's is always there. */
export const readX509Bundles = ({ bundles }: X509BundlesResponseOutput, tell: TellFault): X509Bundles =>
  readBundles(bundles, (der) => parseCertificates(der).map(({ raw }) => raw), tell);

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Throws InvalidArgument without any bundle: the own trust domain's is always there. */
export const readJwtBundles = ({ bundles }: JWTBundlesResponseOutput, tell: TellFault): JwtBundles =>
  readBundles(bundles, (keys) => parseJwtKeys(decoder.decode(keys)), tell);

function readBundles<Authority>(
  bundles: Readonly<Record<string, Uint8Array>>,
  read: (bytes: Uint8Array) => readonly Authority[],
  tell: TellFault,
): ReadonlyMap<string, readonly Authority[]> {
  const found = new Map<string, readonly Authority[]>();
  const ids = Object.keys(bundles);
  if (ids.length === 0) throw invalidArgument('the Workload API answered without a bundle');
  for (const id of ids) {
    try {
      found.set(TrustDomain.parse(id).name, read(bundles[id] ?? new Uint8Array()));
    } catch (cause) {
      const name = JSON.stringify(id);
      tell(internal(`the bundle of ${name} is left out, it cannot be read: ${messageOf(cause)}`, { cause }));
    }
  }
  return found;
}
