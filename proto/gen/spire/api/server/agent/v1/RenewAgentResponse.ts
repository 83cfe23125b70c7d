// From proto/spire/api/server/agent/v1/agent.proto

import type { X509SVID as _spire_api_types_X509SVID, X509SVIDOutput as _spire_api_types_X509SVIDOutput } from '../../../../../spire/api/types/X509SVID.ts';

export interface RenewAgentResponse {
  'svid'?: (_spire_api_types_X509SVID | null);
}

export interface RenewAgentResponseOutput {
  'svid': (_spire_api_types_X509SVIDOutput | null);
}
