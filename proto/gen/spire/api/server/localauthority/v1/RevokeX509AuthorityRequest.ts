// From proto/spire/api/server/localauthority/v1/localauthority.proto


export interface RevokeX509AuthorityRequest {
  'authority_id'?: (string);
}

export interface RevokeX509AuthorityRequestOutput {
  'authority_id': (string);
}
