// From null


export interface DoubleValue {
  'value'?: (number | string);
}

export interface DoubleValueOutput {
  'value': (number);
}
