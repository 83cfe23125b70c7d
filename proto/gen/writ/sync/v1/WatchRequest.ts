// From proto/writ/sync/v1/sync.proto


export interface WatchRequest {
}

export interface WatchRequestOutput {
}
