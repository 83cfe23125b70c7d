// From proto/spiffe/workload/workload.proto


export interface ValidateJWTSVIDRequest {
  'audience'?: (string);
  'svid'?: (string);
}

export interface ValidateJWTSVIDRequestOutput {
  'audience': (string);
  'svid': (string);
}
