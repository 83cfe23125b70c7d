// From proto/envoy/service/secret/v3/sds.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { DeltaDiscoveryRequest as _envoy_service_discovery_v3_DeltaDiscoveryRequest, DeltaDiscoveryRequestOutput as _envoy_service_discovery_v3_DeltaDiscoveryRequestOutput } from '../../../../envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponse as _envoy_service_discovery_v3_DeltaDiscoveryResponse, DeltaDiscoveryResponseOutput as _envoy_service_discovery_v3_DeltaDiscoveryResponseOutput } from '../../../../envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import type { DiscoveryRequest as _envoy_service_discovery_v3_DiscoveryRequest, DiscoveryRequestOutput as _envoy_service_discovery_v3_DiscoveryRequestOutput } from '../../../../envoy/service/discovery/v3/DiscoveryRequest.ts';
import type { DiscoveryResponse as _envoy_service_discovery_v3_DiscoveryResponse, DiscoveryResponseOutput as _envoy_service_discovery_v3_DiscoveryResponseOutput } from '../../../../envoy/service/discovery/v3/DiscoveryResponse.ts';

export interface SecretDiscoveryServiceDefinition {
  DeltaSecrets: MethodDefinition<_envoy_service_discovery_v3_DeltaDiscoveryRequest, _envoy_service_discovery_v3_DeltaDiscoveryResponse, _envoy_service_discovery_v3_DeltaDiscoveryRequestOutput, _envoy_service_discovery_v3_DeltaDiscoveryResponseOutput>
  FetchSecrets: MethodDefinition<_envoy_service_discovery_v3_DiscoveryRequest, _envoy_service_discovery_v3_DiscoveryResponse, _envoy_service_discovery_v3_DiscoveryRequestOutput, _envoy_service_discovery_v3_DiscoveryResponseOutput>
  StreamSecrets: MethodDefinition<_envoy_service_discovery_v3_DiscoveryRequest, _envoy_service_discovery_v3_DiscoveryResponse, _envoy_service_discovery_v3_DiscoveryRequestOutput, _envoy_service_discovery_v3_DiscoveryResponseOutput>
}
