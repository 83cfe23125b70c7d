// From proto/writ/explain/v1/explain-entry.proto


export interface ExplainEntryRequest {
  'entry_id'?: (string);
}

export interface ExplainEntryRequestOutput {
  'entry_id': (string);
}
