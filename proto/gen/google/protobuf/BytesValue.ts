// From null


export interface BytesValue {
  'value'?: (Buffer | Uint8Array | string);
}

export interface BytesValueOutput {
  'value': (Buffer);
}
