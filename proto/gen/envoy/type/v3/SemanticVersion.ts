// From proto/envoy/type/v3/semantic_version.proto


export interface SemanticVersion {
  'major_number'?: (number);
  'minor_number'?: (number);
  'patch'?: (number);
}

export interface SemanticVersionOutput {
  'major_number': (number);
  'minor_number': (number);
  'patch': (number);
}
