// From proto/spire/api/server/agent/v1/agent.proto

import type { Agent as _spire_api_types_Agent, AgentOutput as _spire_api_types_AgentOutput } from '../../../../../spire/api/types/Agent.ts';

export interface ListAgentsResponse {
  'agents'?: (_spire_api_types_Agent)[];
  'next_page_token'?: (string);
}

export interface ListAgentsResponseOutput {
  'agents': (_spire_api_types_AgentOutput)[];
  'next_page_token': (string);
}
