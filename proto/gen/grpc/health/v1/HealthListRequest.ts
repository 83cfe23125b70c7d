// From proto/grpc/health/v1/health.proto


export interface HealthListRequest {
}

export interface HealthListRequestOutput {
}
