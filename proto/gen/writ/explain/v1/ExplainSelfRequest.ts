// From proto/writ/explain/v1/explain-self.proto


export interface ExplainSelfRequest {
}

export interface ExplainSelfRequestOutput {
}
