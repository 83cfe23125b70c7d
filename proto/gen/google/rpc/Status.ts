// From proto/google/rpc/status.proto

import type { Any as _google_protobuf_Any, AnyOutput as _google_protobuf_AnyOutput } from '../../google/protobuf/Any.ts';

export interface Status {
  'code'?: (number);
  'message'?: (string);
  'details'?: (_google_protobuf_Any)[];
}

export interface StatusOutput {
  'code': (number);
  'message': (string);
  'details': (_google_protobuf_AnyOutput)[];
}
