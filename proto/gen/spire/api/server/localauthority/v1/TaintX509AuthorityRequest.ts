// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface TaintX509AuthorityRequest {
  'authority_id'?: (string);
}

export interface TaintX509AuthorityRequestOutput {
  'authority_id': (string);
}
