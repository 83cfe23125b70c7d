// From proto/grpc/reflection/v1alpha/reflection.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ServerReflectionRequest as _grpc_reflection_v1alpha_ServerReflectionRequest, ServerReflectionRequestOutput as _grpc_reflection_v1alpha_ServerReflectionRequestOutput } from '../../../grpc/reflection/v1alpha/ServerReflectionRequest.ts';
import type { ServerReflectionResponse as _grpc_reflection_v1alpha_ServerReflectionResponse, ServerReflectionResponseOutput as _grpc_reflection_v1alpha_ServerReflectionResponseOutput } from '../../../grpc/reflection/v1alpha/ServerReflectionResponse.ts';

export interface ServerReflectionDefinition {
  ServerReflectionInfo: MethodDefinition<_grpc_reflection_v1alpha_ServerReflectionRequest, _grpc_reflection_v1alpha_ServerReflectionResponse, _grpc_reflection_v1alpha_ServerReflectionRequestOutput, _grpc_reflection_v1alpha_ServerReflectionResponseOutput>
}
