// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface ActivateJWTAuthorityRequest {
  'authority_id'?: (string);
}

export interface ActivateJWTAuthorityRequestOutput {
  'authority_id': (string);
}
