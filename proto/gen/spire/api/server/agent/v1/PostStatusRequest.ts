// From proto/spire/api/server/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PostStatusRequest {
  'current_bundle_serial'?: (number | string | Long);
  'agent_version'?: (string);
}

export interface PostStatusRequestOutput {
  'current_bundle_serial': (string);
  'agent_version': (string);
}
