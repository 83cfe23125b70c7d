// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface TaintJWTAuthorityRequest {
  'authority_id'?: (string);
}

export interface TaintJWTAuthorityRequestOutput {
  'authority_id': (string);
}
