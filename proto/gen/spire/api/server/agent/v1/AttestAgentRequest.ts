// From proto/spire/api/server/agent/v1/agent.proto

import type { AttestationData as _spire_api_types_AttestationData, AttestationDataOutput as _spire_api_types_AttestationDataOutput } from '../../../../../spire/api/types/AttestationData.ts';
import type { AgentX509SVIDParams as _spire_api_server_agent_v1_AgentX509SVIDParams, AgentX509SVIDParamsOutput as _spire_api_server_agent_v1_AgentX509SVIDParamsOutput } from '../../../../../spire/api/server/agent/v1/AgentX509SVIDParams.ts';

export interface _spire_api_server_agent_v1_AttestAgentRequest_Params {
  'data'?: (_spire_api_types_AttestationData | null);
  'params'?: (_spire_api_server_agent_v1_AgentX509SVIDParams | null);
}

export interface _spire_api_server_agent_v1_AttestAgentRequest_ParamsOutput {
  'data': (_spire_api_types_AttestationDataOutput | null);
  'params': (_spire_api_server_agent_v1_AgentX509SVIDParamsOutput | null);
}

export interface AttestAgentRequest {
  'params'?: (_spire_api_server_agent_v1_AttestAgentRequest_Params | null);
  'challenge_response'?: (Buffer | Uint8Array | string);
  'step'?: "params"|"challenge_response";
}

export interface AttestAgentRequestOutput {
  'params'?: (_spire_api_server_agent_v1_AttestAgentRequest_ParamsOutput | null);
  'challenge_response'?: (Buffer);
  'step'?: "params"|"challenge_response";
}
