// From proto/spire/api/server/bundle/v1/bundle.proto


export interface CountBundlesRequest {
}

export interface CountBundlesRequestOutput {
}
