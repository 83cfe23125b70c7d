/** What FetchJWTSVID answers, read and checked (SPIFFE_Workload_API 6.2.1). Called by workload-api. */
import type { JWTSVIDResponseOutput } from '../../proto/gen/JWTSVIDResponse.ts';
import { invalidArgument } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { type JwtSvid, parseJwtSvid } from '../svid/jwt-svid.ts';

export interface JwtSvidRequest {
  /** For whom the token is to be: what its verifiers call themselves. */
  readonly audience: string | readonly string[];
  /** Which of the workload's identities; unless given, all for the client, the default one for a source. */
  readonly id?: SpiffeId | undefined;
  readonly signal?: AbortSignal;
}

/** A JWT-SVID of our own. */
export interface FetchedJwtSvid extends JwtSvid {
  /** The token itself, a secret: for the header `authorization: Bearer ...`. */
  readonly token: string;
  readonly hint: string;
}

export const audienceList = (audience: string | readonly string[]): readonly string[] =>
  typeof audience === 'string' ? [audience] : audience;

/** Never empty. Throws InvalidArgument when something is missing, or is not what was asked for. */
export function readJwtSvids(
  response: JWTSVIDResponseOutput,
  audience: readonly string[],
  wanted: SpiffeId | undefined,
): readonly FetchedJwtSvid[] {
  const fetched: FetchedJwtSvid[] = [];
  for (const { spiffe_id: id, svid: token, hint } of response.svids) {
    const svid = parseJwtSvid(token);
    if (svid.id.toString() !== id) throw invalidArgument('spiffe_id differs from the ID in the JWT-SVID');
    if (wanted !== undefined && !svid.id.equals(wanted))
      throw invalidArgument('the Workload API answered with a JWT-SVID of another ID');
    if (!audience.every((each) => svid.audience.includes(each)))
      throw invalidArgument('the Workload API answered with a JWT-SVID for another audience');
    const isKnownHint = hint !== '' && fetched.some((other) => other.hint === hint); // 6.2.1: the first stays
    if (!isKnownHint) fetched.push({ ...svid, token, hint });
  }
  if (fetched.length === 0) throw invalidArgument('the Workload API answered without a JWT-SVID');
  return fetched;
}
