// From proto/spiffe/workload/workload.proto


export interface JWTSVIDRequest {
  'audience'?: (string)[];
  'spiffe_id'?: (string);
}

export interface JWTSVIDRequestOutput {
  'audience': (string)[];
  'spiffe_id': (string);
}
