// From proto/grpc/reflection/v1alpha/reflection.proto


export interface FileDescriptorResponse {
  'file_descriptor_proto'?: (Buffer | Uint8Array | string)[];
}

export interface FileDescriptorResponseOutput {
  'file_descriptor_proto': (Buffer)[];
}
