// From proto/spire/api/server/trustdomain/v1/trustdomain.proto


export interface RefreshBundleRequest {
  'trust_domain'?: (string);
}

export interface RefreshBundleRequestOutput {
  'trust_domain': (string);
}
