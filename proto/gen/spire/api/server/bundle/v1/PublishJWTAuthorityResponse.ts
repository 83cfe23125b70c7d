// From proto/spire/api/server/bundle/v1/bundle.proto

import type { JWTKey as _spire_api_types_JWTKey, JWTKeyOutput as _spire_api_types_JWTKeyOutput } from '../../../../../spire/api/types/JWTKey.ts';

export interface PublishJWTAuthorityResponse {
  'jwt_authorities'?: (_spire_api_types_JWTKey)[];
}

export interface PublishJWTAuthorityResponseOutput {
  'jwt_authorities': (_spire_api_types_JWTKeyOutput)[];
}
