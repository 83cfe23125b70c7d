// From proto/grpc/reflection/v1/reflection.proto


export interface ExtensionRequest {
  'containing_type'?: (string);
  'extension_number'?: (number);
}

export interface ExtensionRequestOutput {
  'containing_type': (string);
  'extension_number': (number);
}
