// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface RevokeJWTAuthorityRequest {
  'authority_id'?: (string);
}

export interface RevokeJWTAuthorityRequestOutput {
  'authority_id': (string);
}
