// From proto/spire/api/server/localauthority/v1/localauthority.proto

import type { AuthorityState as _spire_api_server_localauthority_v1_AuthorityState, AuthorityStateOutput as _spire_api_server_localauthority_v1_AuthorityStateOutput } from '../../../../../spire/api/server/localauthority/v1/AuthorityState.ts';

export interface RevokeJWTAuthorityResponse {
  'revoked_authority'?: (_spire_api_server_localauthority_v1_AuthorityState | null);
}

export interface RevokeJWTAuthorityResponseOutput {
  'revoked_authority': (_spire_api_server_localauthority_v1_AuthorityStateOutput | null);
}
