// From proto/spiffe/workload/workload.proto


export interface JWTBundlesRequest {
}

export interface JWTBundlesRequestOutput {
}
