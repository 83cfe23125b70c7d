// From proto/envoy/service/discovery/v3/discovery.proto

import type { Any as _google_protobuf_Any, AnyOutput as _google_protobuf_AnyOutput } from '../../../../google/protobuf/Any.ts';

export interface Resource {
  'version'?: (string);
  'resource'?: (_google_protobuf_Any | null);
  'name'?: (string);
}

export interface ResourceOutput {
  'version': (string);
  'resource': (_google_protobuf_AnyOutput | null);
  'name': (string);
}
