// From null


export interface FloatValue {
  'value'?: (number | string);
}

export interface FloatValueOutput {
  'value': (number);
}
