// From proto/spiffe/workload/workload.proto


export interface JWTSVID {
  'spiffe_id'?: (string);
  'svid'?: (string);
  'hint'?: (string);
}

export interface JWTSVIDOutput {
  'spiffe_id': (string);
  'svid': (string);
  'hint': (string);
}
