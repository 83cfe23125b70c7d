// From proto/writ/localauthority/v1/import.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ImportX509AuthorityRequest as _writ_localauthority_v1_ImportX509AuthorityRequest, ImportX509AuthorityRequestOutput as _writ_localauthority_v1_ImportX509AuthorityRequestOutput } from '../../../writ/localauthority/v1/ImportX509AuthorityRequest.ts';
import type { ImportX509AuthorityResponse as _writ_localauthority_v1_ImportX509AuthorityResponse, ImportX509AuthorityResponseOutput as _writ_localauthority_v1_ImportX509AuthorityResponseOutput } from '../../../writ/localauthority/v1/ImportX509AuthorityResponse.ts';

export interface LocalAuthorityImportDefinition {
  ImportX509Authority: MethodDefinition<_writ_localauthority_v1_ImportX509AuthorityRequest, _writ_localauthority_v1_ImportX509AuthorityResponse, _writ_localauthority_v1_ImportX509AuthorityRequestOutput, _writ_localauthority_v1_ImportX509AuthorityResponseOutput>
}
