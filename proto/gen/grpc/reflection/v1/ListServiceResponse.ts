// From proto/grpc/reflection/v1/reflection.proto

import type { ServiceResponse as _grpc_reflection_v1_ServiceResponse, ServiceResponseOutput as _grpc_reflection_v1_ServiceResponseOutput } from '../../../grpc/reflection/v1/ServiceResponse.ts';

export interface ListServiceResponse {
  'service'?: (_grpc_reflection_v1_ServiceResponse)[];
}

export interface ListServiceResponseOutput {
  'service': (_grpc_reflection_v1_ServiceResponseOutput)[];
}
