// From proto/writ/explain/v1/explain.proto


export interface ExplainProcessRequest {
  'pid'?: (number);
}

export interface ExplainProcessRequestOutput {
  'pid': (number);
}
