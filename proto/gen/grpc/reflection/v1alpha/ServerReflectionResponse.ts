// From proto/grpc/reflection/v1alpha/reflection.proto

import type { ServerReflectionRequest as _grpc_reflection_v1alpha_ServerReflectionRequest, ServerReflectionRequestOutput as _grpc_reflection_v1alpha_ServerReflectionRequestOutput } from '../../../grpc/reflection/v1alpha/ServerReflectionRequest.ts';
import type { FileDescriptorResponse as _grpc_reflection_v1alpha_FileDescriptorResponse, FileDescriptorResponseOutput as _grpc_reflection_v1alpha_FileDescriptorResponseOutput } from '../../../grpc/reflection/v1alpha/FileDescriptorResponse.ts';
import type { ExtensionNumberResponse as _grpc_reflection_v1alpha_ExtensionNumberResponse, ExtensionNumberResponseOutput as _grpc_reflection_v1alpha_ExtensionNumberResponseOutput } from '../../../grpc/reflection/v1alpha/ExtensionNumberResponse.ts';
import type { ListServiceResponse as _grpc_reflection_v1alpha_ListServiceResponse, ListServiceResponseOutput as _grpc_reflection_v1alpha_ListServiceResponseOutput } from '../../../grpc/reflection/v1alpha/ListServiceResponse.ts';
import type { ErrorResponse as _grpc_reflection_v1alpha_ErrorResponse, ErrorResponseOutput as _grpc_reflection_v1alpha_ErrorResponseOutput } from '../../../grpc/reflection/v1alpha/ErrorResponse.ts';

export interface ServerReflectionResponse {
  'valid_host'?: (string);
  'original_request'?: (_grpc_reflection_v1alpha_ServerReflectionRequest | null);
  'file_descriptor_response'?: (_grpc_reflection_v1alpha_FileDescriptorResponse | null);
  'all_extension_numbers_response'?: (_grpc_reflection_v1alpha_ExtensionNumberResponse | null);
  'list_services_response'?: (_grpc_reflection_v1alpha_ListServiceResponse | null);
  'error_response'?: (_grpc_reflection_v1alpha_ErrorResponse | null);
  'message_response'?: "file_descriptor_response"|"all_extension_numbers_response"|"list_services_response"|"error_response";
}

export interface ServerReflectionResponseOutput {
  'valid_host': (string);
  'original_request': (_grpc_reflection_v1alpha_ServerReflectionRequestOutput | null);
  'file_descriptor_response'?: (_grpc_reflection_v1alpha_FileDescriptorResponseOutput | null);
  'all_extension_numbers_response'?: (_grpc_reflection_v1alpha_ExtensionNumberResponseOutput | null);
  'list_services_response'?: (_grpc_reflection_v1alpha_ListServiceResponseOutput | null);
  'error_response'?: (_grpc_reflection_v1alpha_ErrorResponseOutput | null);
  'message_response'?: "file_descriptor_response"|"all_extension_numbers_response"|"list_services_response"|"error_response";
}
