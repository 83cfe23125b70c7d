// From proto/spire/api/server/agent/v1/agent.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../../spire/api/types/SPIFFEID.ts';
import type { AgentMask as _spire_api_types_AgentMask, AgentMaskOutput as _spire_api_types_AgentMaskOutput } from '../../../../../spire/api/types/AgentMask.ts';

export interface GetAgentRequest {
  'id'?: (_spire_api_types_SPIFFEID | null);
  'output_mask'?: (_spire_api_types_AgentMask | null);
}

export interface GetAgentRequestOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'output_mask': (_spire_api_types_AgentMaskOutput | null);
}
