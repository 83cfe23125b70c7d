/** SpiffeWorkloadAPI/ValidateJWTSVID (Workload API 6.2.3): whether a JWT-SVID counts for the caller, and what is in it. */
import type { ValidateJWTSVIDRequestOutput } from '../../proto/gen/ValidateJWTSVIDRequest.ts';
import type { ValidateJWTSVIDResponse } from '../../proto/gen/ValidateJWTSVIDResponse.ts';
import type { Clock } from '../../shared/clock.ts';
import { invalidArgument } from '../../shared/errors.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import { toStruct } from '../../shared/rpc/struct.ts';
import { type JwtSvid, verifyJwtSvid } from '../../shared/svid/jwt-svid.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';

export interface ValidateJwtSvidDeps {
  readonly identities: Pick<WorkloadIdentities, 'bundlesOf'>;
  /** Told of tokens of other trust domains, beside those that every token has. */
  readonly allowedForeignJwtClaims: readonly string[];
  readonly clock: Clock;
}

/** Everybody may ask, with or without an identity, as in SPIRE: without one, the own trust domain's tokens alone count. */
export const validateJwtSvid = ({
  identities,
  allowedForeignJwtClaims,
  clock,
}: ValidateJwtSvidDeps): Handler<WorkloadContext> =>
  unary(
    async (
      { audience, svid: token }: ValidateJWTSVIDRequestOutput,
      { peer, selectors }: WorkloadContext,
    ): Promise<ValidateJWTSVIDResponse> => {
      const { bundle, federatedBundles } = identities.bundlesOf(selectors);
      const svid = verifyJwtSvid({
        token,
        audience: [audience],
        authorities: (trustDomain) =>
          [bundle, ...federatedBundles].find((one) => one.trustDomain.equals(trustDomain))?.jwtAuthorities,
        at: clock.now(),
      });
      const isOwn = svid.id.isMemberOf(bundle.trustDomain);
      const claims = claimsOf(svid, isOwn ? undefined : [...EVERYWHERE, ...allowedForeignJwtClaims]);
      peer.checkAlive();
      return { spiffe_id: svid.id.toString(), claims: toStruct(claims) };
    },
    checkRequest,
  );

/** Claims that every JWT-SVID has. */
const EVERYWHERE = ['sub', 'exp', 'aud'];

/** Throws InvalidArgument, in SPIRE's words. */
function checkRequest({ audience, svid }: ValidateJWTSVIDRequestOutput): void {
  if (audience === '') throw invalidArgument('audience must be specified');
  if (svid === '') throw invalidArgument('svid must be specified');
}

/** Those of these names, or all. The audience is a list, also where the token has it as a text (SPIRE). */
const claimsOf = ({ claims, audience }: JwtSvid, names: readonly string[] | undefined) =>
  Object.fromEntries(
    Object.entries({ ...claims, aud: audience }).filter(([name]) => names?.includes(name) ?? true),
  );
