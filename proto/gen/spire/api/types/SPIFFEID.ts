// From proto/spire/api/types/types.proto


export interface SPIFFEID {
  'trust_domain'?: (string);
  'path'?: (string);
}

export interface SPIFFEIDOutput {
  'trust_domain': (string);
  'path': (string);
}
