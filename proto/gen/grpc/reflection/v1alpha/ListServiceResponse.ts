// From proto/grpc/reflection/v1alpha/reflection.proto

import type { ServiceResponse as _grpc_reflection_v1alpha_ServiceResponse, ServiceResponseOutput as _grpc_reflection_v1alpha_ServiceResponseOutput } from '../../../grpc/reflection/v1alpha/ServiceResponse.ts';

export interface ListServiceResponse {
  'service'?: (_grpc_reflection_v1alpha_ServiceResponse)[];
}

export interface ListServiceResponseOutput {
  'service': (_grpc_reflection_v1alpha_ServiceResponseOutput)[];
}
