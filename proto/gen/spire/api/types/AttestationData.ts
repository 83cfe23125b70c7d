// From proto/spire/api/types/types.proto


export interface AttestationData {
  'type'?: (string);
  'payload'?: (Buffer | Uint8Array | string);
}

export interface AttestationDataOutput {
  'type': (string);
  'payload': (Buffer);
}
