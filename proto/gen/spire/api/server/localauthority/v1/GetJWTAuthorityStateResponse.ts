// From proto/spire/api/server/localauthority/v1/localauthority.proto

import type { AuthorityState as _spire_api_server_localauthority_v1_AuthorityState, AuthorityStateOutput as _spire_api_server_localauthority_v1_AuthorityStateOutput } from '../../../../../spire/api/server/localauthority/v1/AuthorityState.ts';

export interface GetJWTAuthorityStateResponse {
  'active'?: (_spire_api_server_localauthority_v1_AuthorityState | null);
  'prepared'?: (_spire_api_server_localauthority_v1_AuthorityState | null);
  'old'?: (_spire_api_server_localauthority_v1_AuthorityState | null);
}

export interface GetJWTAuthorityStateResponseOutput {
  'active': (_spire_api_server_localauthority_v1_AuthorityStateOutput | null);
  'prepared': (_spire_api_server_localauthority_v1_AuthorityStateOutput | null);
  'old': (_spire_api_server_localauthority_v1_AuthorityStateOutput | null);
}
