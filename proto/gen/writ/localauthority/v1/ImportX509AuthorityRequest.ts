// From proto/writ/localauthority/v1/import.proto


export interface ImportX509AuthorityRequest {
  'certificates'?: (Buffer | Uint8Array | string)[];
  'private_key'?: (Buffer | Uint8Array | string);
  'activate'?: (boolean);
}

export interface ImportX509AuthorityRequestOutput {
  'certificates': (Buffer)[];
  'private_key': (Buffer);
  'activate': (boolean);
}
