// From proto/spire/api/server/agent/v1/agent.proto

import type { X509SVID as _spire_api_types_X509SVID, X509SVIDOutput as _spire_api_types_X509SVIDOutput } from '../../../../../spire/api/types/X509SVID.ts';

export interface _spire_api_server_agent_v1_AttestAgentResponse_Result {
  'svid'?: (_spire_api_types_X509SVID | null);
  'reattestable'?: (boolean);
}

export interface _spire_api_server_agent_v1_AttestAgentResponse_ResultOutput {
  'svid': (_spire_api_types_X509SVIDOutput | null);
  'reattestable': (boolean);
}

export interface AttestAgentResponse {
  'result'?: (_spire_api_server_agent_v1_AttestAgentResponse_Result | null);
  'challenge'?: (Buffer | Uint8Array | string);
  'step'?: "result"|"challenge";
}

export interface AttestAgentResponseOutput {
  'result'?: (_spire_api_server_agent_v1_AttestAgentResponse_ResultOutput | null);
  'challenge'?: (Buffer);
  'step'?: "result"|"challenge";
}
