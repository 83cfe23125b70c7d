// From proto/grpc/health/v1/health.proto

import type { HealthCheckResponse as _grpc_health_v1_HealthCheckResponse, HealthCheckResponseOutput as _grpc_health_v1_HealthCheckResponseOutput } from '../../../grpc/health/v1/HealthCheckResponse.ts';

export interface HealthListResponse {
  'statuses'?: ({[key: string]: _grpc_health_v1_HealthCheckResponse});
}

export interface HealthListResponseOutput {
  'statuses': ({[key: string]: _grpc_health_v1_HealthCheckResponseOutput});
}
