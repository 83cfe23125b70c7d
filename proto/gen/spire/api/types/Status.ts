// From proto/spire/api/types/types.proto


export interface Status {
  'code'?: (number);
  'message'?: (string);
}

export interface StatusOutput {
  'code': (number);
  'message': (string);
}
