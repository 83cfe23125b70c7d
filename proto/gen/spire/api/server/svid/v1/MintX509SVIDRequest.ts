// From proto/spire/api/server/svid/v1/svid.proto


export interface MintX509SVIDRequest {
  'csr'?: (Buffer | Uint8Array | string);
  'ttl'?: (number);
}

export interface MintX509SVIDRequestOutput {
  'csr': (Buffer);
  'ttl': (number);
}
