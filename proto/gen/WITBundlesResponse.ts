// From proto/spiffe/workload/workload.proto


export interface WITBundlesResponse {
  'bundles'?: ({[key: string]: string});
}

export interface WITBundlesResponseOutput {
  'bundles': ({[key: string]: string});
}
