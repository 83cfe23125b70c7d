// From null


export interface UInt32Value {
  'value'?: (number);
}

export interface UInt32ValueOutput {
  'value': (number);
}
