// From proto/spire/api/agent/delegatedidentity/v1/delegatedidentity.proto

import type { X509SVIDWithKey as _spire_api_agent_delegatedidentity_v1_X509SVIDWithKey, X509SVIDWithKeyOutput as _spire_api_agent_delegatedidentity_v1_X509SVIDWithKeyOutput } from '../../../../../spire/api/agent/delegatedidentity/v1/X509SVIDWithKey.ts';

export interface SubscribeToX509SVIDsResponse {
  'x509_svids'?: (_spire_api_agent_delegatedidentity_v1_X509SVIDWithKey)[];
  'federates_with'?: (string)[];
}

export interface SubscribeToX509SVIDsResponseOutput {
  'x509_svids': (_spire_api_agent_delegatedidentity_v1_X509SVIDWithKeyOutput)[];
  'federates_with': (string)[];
}
