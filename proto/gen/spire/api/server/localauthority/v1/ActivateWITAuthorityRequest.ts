// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface ActivateWITAuthorityRequest {
  'authority_id'?: (string);
}

export interface ActivateWITAuthorityRequestOutput {
  'authority_id': (string);
}
