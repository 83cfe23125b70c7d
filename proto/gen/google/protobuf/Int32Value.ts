// From null


export interface Int32Value {
  'value'?: (number);
}

export interface Int32ValueOutput {
  'value': (number);
}
