/** AuthorityState of an authority. */
import type { AuthorityState } from '../../../proto/gen/spire/api/server/localauthority/v1/AuthorityState.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import type { NamedState } from '../../ca/local-authority.ts';

export const authorityStateToWire = ({
  authorityId,
  expiresAt,
  upstreamAuthorityId = '',
}: NamedState): AuthorityState => ({
  authority_id: authorityId,
  expires_at: expiresAt === undefined ? 0 : unixSeconds(expiresAt),
  upstream_authority_subject_key_id: upstreamAuthorityId,
});
