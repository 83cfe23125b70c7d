// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface TaintWITAuthorityRequest {
  'authority_id'?: (string);
}

export interface TaintWITAuthorityRequestOutput {
  'authority_id': (string);
}
