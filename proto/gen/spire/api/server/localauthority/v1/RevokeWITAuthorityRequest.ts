// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface RevokeWITAuthorityRequest {
  'authority_id'?: (string);
}

export interface RevokeWITAuthorityRequestOutput {
  'authority_id': (string);
}
