// From proto/spire/api/server/bundle/v1/bundle.proto

import type { WITKey as _spire_api_types_WITKey, WITKeyOutput as _spire_api_types_WITKeyOutput } from '../../../../../spire/api/types/WITKey.ts';

export interface PublishWITAuthorityRequest {
  'wit_authority'?: (_spire_api_types_WITKey | null);
}

export interface PublishWITAuthorityRequestOutput {
  'wit_authority': (_spire_api_types_WITKeyOutput | null);
}
