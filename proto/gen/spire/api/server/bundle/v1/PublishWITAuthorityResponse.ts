// From proto/spire/api/server/bundle/v1/bundle.proto

import type { WITKey as _spire_api_types_WITKey, WITKeyOutput as _spire_api_types_WITKeyOutput } from '../../../../../spire/api/types/WITKey.ts';

export interface PublishWITAuthorityResponse {
  'wit_authorities'?: (_spire_api_types_WITKey)[];
}

export interface PublishWITAuthorityResponseOutput {
  'wit_authorities': (_spire_api_types_WITKeyOutput)[];
}
