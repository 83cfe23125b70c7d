// From proto/envoy/config/core/v3/base.proto

import type { BuildVersion as _envoy_config_core_v3_BuildVersion, BuildVersionOutput as _envoy_config_core_v3_BuildVersionOutput } from '../../../../envoy/config/core/v3/BuildVersion.ts';

export interface Node {
  'id'?: (string);
  'cluster'?: (string);
  'metadata'?: (Buffer | Uint8Array | string);
  'user_agent_name'?: (string);
  'user_agent_version'?: (string);
  'user_agent_build_version'?: (_envoy_config_core_v3_BuildVersion | null);
  'user_agent_version_type'?: "user_agent_version"|"user_agent_build_version";
}

export interface NodeOutput {
  'id': (string);
  'cluster': (string);
  'metadata': (Buffer);
  'user_agent_name': (string);
  'user_agent_version'?: (string);
  'user_agent_build_version'?: (_envoy_config_core_v3_BuildVersionOutput | null);
  'user_agent_version_type'?: "user_agent_version"|"user_agent_build_version";
}
