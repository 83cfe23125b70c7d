// From proto/spire/api/agent/debug/v1/debug.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetInfoRequest as _spire_agent_debug_v1_GetInfoRequest, GetInfoRequestOutput as _spire_agent_debug_v1_GetInfoRequestOutput } from '../../../../spire/agent/debug/v1/GetInfoRequest.ts';
import type { GetInfoResponse as _spire_agent_debug_v1_GetInfoResponse, GetInfoResponseOutput as _spire_agent_debug_v1_GetInfoResponseOutput } from '../../../../spire/agent/debug/v1/GetInfoResponse.ts';

export interface DebugDefinition {
  GetInfo: MethodDefinition<_spire_agent_debug_v1_GetInfoRequest, _spire_agent_debug_v1_GetInfoResponse, _spire_agent_debug_v1_GetInfoRequestOutput, _spire_agent_debug_v1_GetInfoResponseOutput>
}
