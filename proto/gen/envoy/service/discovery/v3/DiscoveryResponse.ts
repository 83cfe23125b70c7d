// From proto/envoy/service/discovery/v3/discovery.proto

import type { Any as _google_protobuf_Any, AnyOutput as _google_protobuf_AnyOutput } from '../../../../google/protobuf/Any.ts';
import type { ControlPlane as _envoy_config_core_v3_ControlPlane, ControlPlaneOutput as _envoy_config_core_v3_ControlPlaneOutput } from '../../../../envoy/config/core/v3/ControlPlane.ts';

export interface DiscoveryResponse {
  'version_info'?: (string);
  'resources'?: (_google_protobuf_Any)[];
  'type_url'?: (string);
  'nonce'?: (string);
  'control_plane'?: (_envoy_config_core_v3_ControlPlane | null);
}

export interface DiscoveryResponseOutput {
  'version_info': (string);
  'resources': (_google_protobuf_AnyOutput)[];
  'type_url': (string);
  'nonce': (string);
  'control_plane': (_envoy_config_core_v3_ControlPlaneOutput | null);
}
