// From proto/spire/api/server/agent/v1/agent.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { Agent as _spire_api_types_Agent, AgentOutput as _spire_api_types_AgentOutput } from '../../../../../spire/api/types/Agent.ts';
import type { AttestAgentRequest as _spire_api_server_agent_v1_AttestAgentRequest, AttestAgentRequestOutput as _spire_api_server_agent_v1_AttestAgentRequestOutput } from '../../../../../spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { AttestAgentResponse as _spire_api_server_agent_v1_AttestAgentResponse, AttestAgentResponseOutput as _spire_api_server_agent_v1_AttestAgentResponseOutput } from '../../../../../spire/api/server/agent/v1/AttestAgentResponse.ts';
import type { BanAgentRequest as _spire_api_server_agent_v1_BanAgentRequest, BanAgentRequestOutput as _spire_api_server_agent_v1_BanAgentRequestOutput } from '../../../../../spire/api/server/agent/v1/BanAgentRequest.ts';
import type { CountAgentsRequest as _spire_api_server_agent_v1_CountAgentsRequest, CountAgentsRequestOutput as _spire_api_server_agent_v1_CountAgentsRequestOutput } from '../../../../../spire/api/server/agent/v1/CountAgentsRequest.ts';
import type { CountAgentsResponse as _spire_api_server_agent_v1_CountAgentsResponse, CountAgentsResponseOutput as _spire_api_server_agent_v1_CountAgentsResponseOutput } from '../../../../../spire/api/server/agent/v1/CountAgentsResponse.ts';
import type { CreateJoinTokenRequest as _spire_api_server_agent_v1_CreateJoinTokenRequest, CreateJoinTokenRequestOutput as _spire_api_server_agent_v1_CreateJoinTokenRequestOutput } from '../../../../../spire/api/server/agent/v1/CreateJoinTokenRequest.ts';
import type { DeleteAgentRequest as _spire_api_server_agent_v1_DeleteAgentRequest, DeleteAgentRequestOutput as _spire_api_server_agent_v1_DeleteAgentRequestOutput } from '../../../../../spire/api/server/agent/v1/DeleteAgentRequest.ts';
import type { Empty as _google_protobuf_Empty, EmptyOutput as _google_protobuf_EmptyOutput } from '../../../../../google/protobuf/Empty.ts';
import type { GetAgentRequest as _spire_api_server_agent_v1_GetAgentRequest, GetAgentRequestOutput as _spire_api_server_agent_v1_GetAgentRequestOutput } from '../../../../../spire/api/server/agent/v1/GetAgentRequest.ts';
import type { JoinToken as _spire_api_types_JoinToken, JoinTokenOutput as _spire_api_types_JoinTokenOutput } from '../../../../../spire/api/types/JoinToken.ts';
import type { ListAgentsRequest as _spire_api_server_agent_v1_ListAgentsRequest, ListAgentsRequestOutput as _spire_api_server_agent_v1_ListAgentsRequestOutput } from '../../../../../spire/api/server/agent/v1/ListAgentsRequest.ts';
import type { ListAgentsResponse as _spire_api_server_agent_v1_ListAgentsResponse, ListAgentsResponseOutput as _spire_api_server_agent_v1_ListAgentsResponseOutput } from '../../../../../spire/api/server/agent/v1/ListAgentsResponse.ts';
import type { PostStatusRequest as _spire_api_server_agent_v1_PostStatusRequest, PostStatusRequestOutput as _spire_api_server_agent_v1_PostStatusRequestOutput } from '../../../../../spire/api/server/agent/v1/PostStatusRequest.ts';
import type { PostStatusResponse as _spire_api_server_agent_v1_PostStatusResponse, PostStatusResponseOutput as _spire_api_server_agent_v1_PostStatusResponseOutput } from '../../../../../spire/api/server/agent/v1/PostStatusResponse.ts';
import type { RenewAgentRequest as _spire_api_server_agent_v1_RenewAgentRequest, RenewAgentRequestOutput as _spire_api_server_agent_v1_RenewAgentRequestOutput } from '../../../../../spire/api/server/agent/v1/RenewAgentRequest.ts';
import type { RenewAgentResponse as _spire_api_server_agent_v1_RenewAgentResponse, RenewAgentResponseOutput as _spire_api_server_agent_v1_RenewAgentResponseOutput } from '../../../../../spire/api/server/agent/v1/RenewAgentResponse.ts';

export interface AgentDefinition {
  AttestAgent: MethodDefinition<_spire_api_server_agent_v1_AttestAgentRequest, _spire_api_server_agent_v1_AttestAgentResponse, _spire_api_server_agent_v1_AttestAgentRequestOutput, _spire_api_server_agent_v1_AttestAgentResponseOutput>
  BanAgent: MethodDefinition<_spire_api_server_agent_v1_BanAgentRequest, _google_protobuf_Empty, _spire_api_server_agent_v1_BanAgentRequestOutput, _google_protobuf_EmptyOutput>
  CountAgents: MethodDefinition<_spire_api_server_agent_v1_CountAgentsRequest, _spire_api_server_agent_v1_CountAgentsResponse, _spire_api_server_agent_v1_CountAgentsRequestOutput, _spire_api_server_agent_v1_CountAgentsResponseOutput>
  CreateJoinToken: MethodDefinition<_spire_api_server_agent_v1_CreateJoinTokenRequest, _spire_api_types_JoinToken, _spire_api_server_agent_v1_CreateJoinTokenRequestOutput, _spire_api_types_JoinTokenOutput>
  DeleteAgent: MethodDefinition<_spire_api_server_agent_v1_DeleteAgentRequest, _google_protobuf_Empty, _spire_api_server_agent_v1_DeleteAgentRequestOutput, _google_protobuf_EmptyOutput>
  GetAgent: MethodDefinition<_spire_api_server_agent_v1_GetAgentRequest, _spire_api_types_Agent, _spire_api_server_agent_v1_GetAgentRequestOutput, _spire_api_types_AgentOutput>
  ListAgents: MethodDefinition<_spire_api_server_agent_v1_ListAgentsRequest, _spire_api_server_agent_v1_ListAgentsResponse, _spire_api_server_agent_v1_ListAgentsRequestOutput, _spire_api_server_agent_v1_ListAgentsResponseOutput>
  PostStatus: MethodDefinition<_spire_api_server_agent_v1_PostStatusRequest, _spire_api_server_agent_v1_PostStatusResponse, _spire_api_server_agent_v1_PostStatusRequestOutput, _spire_api_server_agent_v1_PostStatusResponseOutput>
  RenewAgent: MethodDefinition<_spire_api_server_agent_v1_RenewAgentRequest, _spire_api_server_agent_v1_RenewAgentResponse, _spire_api_server_agent_v1_RenewAgentRequestOutput, _spire_api_server_agent_v1_RenewAgentResponseOutput>
}
