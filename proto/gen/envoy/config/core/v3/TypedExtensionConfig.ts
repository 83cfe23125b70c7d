// From proto/envoy/config/core/v3/extension.proto

import type { Any as _google_protobuf_Any, AnyOutput as _google_protobuf_AnyOutput } from '../../../../google/protobuf/Any.ts';

export interface TypedExtensionConfig {
  'name'?: (string);
  'typed_config'?: (_google_protobuf_Any | null);
}

export interface TypedExtensionConfigOutput {
  'name': (string);
  'typed_config': (_google_protobuf_AnyOutput | null);
}
