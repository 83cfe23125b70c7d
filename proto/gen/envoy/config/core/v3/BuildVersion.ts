// From proto/envoy/config/core/v3/base.proto

import type { SemanticVersion as _envoy_type_v3_SemanticVersion, SemanticVersionOutput as _envoy_type_v3_SemanticVersionOutput } from '../../../../envoy/type/v3/SemanticVersion.ts';

export interface BuildVersion {
  'version'?: (_envoy_type_v3_SemanticVersion | null);
}

export interface BuildVersionOutput {
  'version': (_envoy_type_v3_SemanticVersionOutput | null);
}
