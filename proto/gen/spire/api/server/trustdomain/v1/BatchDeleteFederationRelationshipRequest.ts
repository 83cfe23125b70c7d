// From proto/spire/api/server/trustdomain/v1/trustdomain.proto


export interface BatchDeleteFederationRelationshipRequest {
  'trust_domains'?: (string)[];
}

export interface BatchDeleteFederationRelationshipRequestOutput {
  'trust_domains': (string)[];
}
