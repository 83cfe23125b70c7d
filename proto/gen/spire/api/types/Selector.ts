// From proto/spire/api/types/types.proto


export interface Selector {
  'type'?: (string);
  'value'?: (string);
}

export interface SelectorOutput {
  'type': (string);
  'value': (string);
}
