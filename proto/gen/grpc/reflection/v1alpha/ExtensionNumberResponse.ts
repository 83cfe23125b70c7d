// From proto/grpc/reflection/v1alpha/reflection.proto


export interface ExtensionNumberResponse {
  'base_type_name'?: (string);
  'extension_number'?: (number)[];
}

export interface ExtensionNumberResponseOutput {
  'base_type_name': (string);
  'extension_number': (number)[];
}
