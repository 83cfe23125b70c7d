// From proto/envoy/service/discovery/v3/discovery.proto

import type { Node as _envoy_config_core_v3_Node, NodeOutput as _envoy_config_core_v3_NodeOutput } from '../../../../envoy/config/core/v3/Node.ts';
import type { Status as _google_rpc_Status, StatusOutput as _google_rpc_StatusOutput } from '../../../../google/rpc/Status.ts';

export interface DeltaDiscoveryRequest {
  'node'?: (_envoy_config_core_v3_Node | null);
  'type_url'?: (string);
  'resource_names_subscribe'?: (string)[];
  'resource_names_unsubscribe'?: (string)[];
  'initial_resource_versions'?: ({[key: string]: string});
  'response_nonce'?: (string);
  'error_detail'?: (_google_rpc_Status | null);
}

export interface DeltaDiscoveryRequestOutput {
  'node': (_envoy_config_core_v3_NodeOutput | null);
  'type_url': (string);
  'resource_names_subscribe': (string)[];
  'resource_names_unsubscribe': (string)[];
  'initial_resource_versions': ({[key: string]: string});
  'response_nonce': (string);
  'error_detail': (_google_rpc_StatusOutput | null);
}
