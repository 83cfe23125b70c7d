// From proto/writ/localauthority/v1/import.proto

import type { AuthorityState as _spire_api_server_localauthority_v1_AuthorityState, AuthorityStateOutput as _spire_api_server_localauthority_v1_AuthorityStateOutput } from '../../../spire/api/server/localauthority/v1/AuthorityState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ImportX509AuthorityResponse {
  'authority'?: (_spire_api_server_localauthority_v1_AuthorityState | null);
  'is_active'?: (boolean);
  'followed_after'?: (number | string | Long);
}

export interface ImportX509AuthorityResponseOutput {
  'authority': (_spire_api_server_localauthority_v1_AuthorityStateOutput | null);
  'is_active': (boolean);
  'followed_after': (string);
}
