// From proto/grpc/reflection/v1/reflection.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ServerReflectionRequest as _grpc_reflection_v1_ServerReflectionRequest, ServerReflectionRequestOutput as _grpc_reflection_v1_ServerReflectionRequestOutput } from '../../../grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse as _grpc_reflection_v1_ServerReflectionResponse, ServerReflectionResponseOutput as _grpc_reflection_v1_ServerReflectionResponseOutput } from '../../../grpc/reflection/v1/ServerReflectionResponse.ts';

export interface ServerReflectionDefinition {
  ServerReflectionInfo: MethodDefinition<_grpc_reflection_v1_ServerReflectionRequest, _grpc_reflection_v1_ServerReflectionResponse, _grpc_reflection_v1_ServerReflectionRequestOutput, _grpc_reflection_v1_ServerReflectionResponseOutput>
}
