// From proto/spire/api/server/agent/v1/agent.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../../spire/api/types/SPIFFEID.ts';

export interface DeleteAgentRequest {
  'id'?: (_spire_api_types_SPIFFEID | null);
}

export interface DeleteAgentRequestOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
}
