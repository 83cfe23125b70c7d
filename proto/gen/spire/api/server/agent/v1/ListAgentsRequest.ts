// From proto/spire/api/server/agent/v1/agent.proto

import type { AgentFilter as _spire_api_server_agent_v1_AgentFilter, AgentFilterOutput as _spire_api_server_agent_v1_AgentFilterOutput } from '../../../../../spire/api/server/agent/v1/AgentFilter.ts';
import type { AgentMask as _spire_api_types_AgentMask, AgentMaskOutput as _spire_api_types_AgentMaskOutput } from '../../../../../spire/api/types/AgentMask.ts';

export interface ListAgentsRequest {
  'filter'?: (_spire_api_server_agent_v1_AgentFilter | null);
  'output_mask'?: (_spire_api_types_AgentMask | null);
  'page_size'?: (number);
  'page_token'?: (string);
}

export interface ListAgentsRequestOutput {
  'filter': (_spire_api_server_agent_v1_AgentFilterOutput | null);
  'output_mask': (_spire_api_types_AgentMaskOutput | null);
  'page_size': (number);
  'page_token': (string);
}
