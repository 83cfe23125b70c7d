// From proto/spire/api/server/agent/v1/agent.proto

import type { AgentFilter as _spire_api_server_agent_v1_AgentFilter, AgentFilterOutput as _spire_api_server_agent_v1_AgentFilterOutput } from '../../../../../spire/api/server/agent/v1/AgentFilter.ts';

export interface CountAgentsRequest {
  'filter'?: (_spire_api_server_agent_v1_AgentFilter | null);
}

export interface CountAgentsRequestOutput {
  'filter': (_spire_api_server_agent_v1_AgentFilterOutput | null);
}
