// From proto/spiffe/workload/workload.proto


export interface JWTBundlesResponse {
  'bundles'?: ({[key: string]: Buffer | Uint8Array | string});
}

export interface JWTBundlesResponseOutput {
  'bundles': ({[key: string]: Buffer});
}
