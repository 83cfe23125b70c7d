// From null


export interface BoolValue {
  'value'?: (boolean);
}

export interface BoolValueOutput {
  'value': (boolean);
}
