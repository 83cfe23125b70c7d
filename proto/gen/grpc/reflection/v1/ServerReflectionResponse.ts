// From proto/grpc/reflection/v1/reflection.proto

import type { ServerReflectionRequest as _grpc_reflection_v1_ServerReflectionRequest, ServerReflectionRequestOutput as _grpc_reflection_v1_ServerReflectionRequestOutput } from '../../../grpc/reflection/v1/ServerReflectionRequest.ts';
import type { FileDescriptorResponse as _grpc_reflection_v1_FileDescriptorResponse, FileDescriptorResponseOutput as _grpc_reflection_v1_FileDescriptorResponseOutput } from '../../../grpc/reflection/v1/FileDescriptorResponse.ts';
import type { ExtensionNumberResponse as _grpc_reflection_v1_ExtensionNumberResponse, ExtensionNumberResponseOutput as _grpc_reflection_v1_ExtensionNumberResponseOutput } from '../../../grpc/reflection/v1/ExtensionNumberResponse.ts';
import type { ListServiceResponse as _grpc_reflection_v1_ListServiceResponse, ListServiceResponseOutput as _grpc_reflection_v1_ListServiceResponseOutput } from '../../../grpc/reflection/v1/ListServiceResponse.ts';
import type { ErrorResponse as _grpc_reflection_v1_ErrorResponse, ErrorResponseOutput as _grpc_reflection_v1_ErrorResponseOutput } from '../../../grpc/reflection/v1/ErrorResponse.ts';

export interface ServerReflectionResponse {
  'valid_host'?: (string);
  'original_request'?: (_grpc_reflection_v1_ServerReflectionRequest | null);
  'file_descriptor_response'?: (_grpc_reflection_v1_FileDescriptorResponse | null);
  'all_extension_numbers_response'?: (_grpc_reflection_v1_ExtensionNumberResponse | null);
  'list_services_response'?: (_grpc_reflection_v1_ListServiceResponse | null);
  'error_response'?: (_grpc_reflection_v1_ErrorResponse | null);
  'message_response'?: "file_descriptor_response"|"all_extension_numbers_response"|"list_services_response"|"error_response";
}

export interface ServerReflectionResponseOutput {
  'valid_host': (string);
  'original_request': (_grpc_reflection_v1_ServerReflectionRequestOutput | null);
  'file_descriptor_response'?: (_grpc_reflection_v1_FileDescriptorResponseOutput | null);
  'all_extension_numbers_response'?: (_grpc_reflection_v1_ExtensionNumberResponseOutput | null);
  'list_services_response'?: (_grpc_reflection_v1_ListServiceResponseOutput | null);
  'error_response'?: (_grpc_reflection_v1_ErrorResponseOutput | null);
  'message_response'?: "file_descriptor_response"|"all_extension_numbers_response"|"list_services_response"|"error_response";
}
