/** Tokens of callers, verified by the bundles of a source. Called by jwt-source, bundle-source and the middleware. */
import type { Clock } from '../clock.ts';
import { type CodedError, invalidArgument, unavailable } from '../errors.ts';
import { type JwtSvid, verifyJwtSvid } from '../svid/jwt-svid.ts';
import type { JwtBundles } from './bundle-messages.ts';
import { audienceList } from './fetched-jwt-svid.ts';

/** A JwtSource, or a BundleSource. */
export interface TokenVerifier {
  /**
   * The JWT-SVID in the token, verified by the bundle of its own trust domain as it is now. `audience`: what the verifier
   * calls itself; one of several must be in the token. Throws InvalidArgument when it does not hold, or without an audience;
   * Unavailable when there are no bundles.
   */
  validate(token: string, audience: string | readonly string[]): JwtSvid;
}

export interface Verification {
  readonly token: string;
  readonly audience: string | readonly string[];
  /** Undefined: there are none at the moment. */
  readonly bundles: JwtBundles | undefined;
  readonly lastError: CodedError | undefined;
  readonly clock: Clock;
}

/** As TokenVerifier.validate. */
export function verifyToken({ token, audience, bundles, lastError, clock }: Verification): JwtSvid {
  const wanted = audienceList(audience).filter((each) => each !== '');
  if (wanted.length === 0) throw invalidArgument('an audience is needed to validate a JWT-SVID');
  if (bundles === undefined) {
    const why = lastError === undefined ? '' : `: ${lastError.message}`;
    throw unavailable(`no JWT bundles at the moment${why}`, { cause: lastError });
  }
  const authorities = ({ name }: { readonly name: string }) => bundles.get(name);
  return verifyJwtSvid({ token, authorities, audience: wanted, at: clock.now() });
}
