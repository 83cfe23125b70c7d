// From proto/spiffe/workload/workload.proto

import type { Struct as _google_protobuf_Struct, StructOutput as _google_protobuf_StructOutput } from './google/protobuf/Struct.ts';

export interface ValidateJWTSVIDResponse {
  'spiffe_id'?: (string);
  'claims'?: (_google_protobuf_Struct | null);
}

export interface ValidateJWTSVIDResponseOutput {
  'spiffe_id': (string);
  'claims': (_google_protobuf_StructOutput | null);
}
