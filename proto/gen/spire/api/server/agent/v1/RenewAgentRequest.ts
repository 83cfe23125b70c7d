// From proto/spire/api/server/agent/v1/agent.proto

import type { AgentX509SVIDParams as _spire_api_server_agent_v1_AgentX509SVIDParams, AgentX509SVIDParamsOutput as _spire_api_server_agent_v1_AgentX509SVIDParamsOutput } from '../../../../../spire/api/server/agent/v1/AgentX509SVIDParams.ts';

export interface RenewAgentRequest {
  'params'?: (_spire_api_server_agent_v1_AgentX509SVIDParams | null);
}

export interface RenewAgentRequestOutput {
  'params': (_spire_api_server_agent_v1_AgentX509SVIDParamsOutput | null);
}
