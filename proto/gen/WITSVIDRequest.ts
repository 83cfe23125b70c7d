// From proto/spiffe/workload/workload.proto


export interface WITSVIDRequest {
  'spiffe_id'?: (string);
}

export interface WITSVIDRequestOutput {
  'spiffe_id': (string);
}
