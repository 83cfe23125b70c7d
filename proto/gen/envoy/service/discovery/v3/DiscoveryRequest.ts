// From proto/envoy/service/discovery/v3/discovery.proto

import type { Node as _envoy_config_core_v3_Node, NodeOutput as _envoy_config_core_v3_NodeOutput } from '../../../../envoy/config/core/v3/Node.ts';
import type { Status as _google_rpc_Status, StatusOutput as _google_rpc_StatusOutput } from '../../../../google/rpc/Status.ts';

export interface DiscoveryRequest {
  'version_info'?: (string);
  'node'?: (_envoy_config_core_v3_Node | null);
  'resource_names'?: (string)[];
  'type_url'?: (string);
  'response_nonce'?: (string);
  'error_detail'?: (_google_rpc_Status | null);
}

export interface DiscoveryRequestOutput {
  'version_info': (string);
  'node': (_envoy_config_core_v3_NodeOutput | null);
  'resource_names': (string)[];
  'type_url': (string);
  'response_nonce': (string);
  'error_detail': (_google_rpc_StatusOutput | null);
}
