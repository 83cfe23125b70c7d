// From null


export interface StringValue {
  'value'?: (string);
}

export interface StringValueOutput {
  'value': (string);
}
