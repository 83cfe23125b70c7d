// From proto/writ/explain/v1/explain.proto

import type { Selector as _spire_api_types_Selector, SelectorOutput as _spire_api_types_SelectorOutput } from '../../../spire/api/types/Selector.ts';
import type { Long } from '@grpc/proto-loader';

export interface _writ_explain_v1_ExplainProcessResponse_Attestor {
  'name'?: (string);
  'selectors'?: (_spire_api_types_Selector)[];
  'error'?: (string);
  'notes'?: (string)[];
  'took_ms'?: (number);
}

export interface _writ_explain_v1_ExplainProcessResponse_AttestorOutput {
  'name': (string);
  'selectors': (_spire_api_types_SelectorOutput)[];
  'error': (string);
  'notes': (string)[];
  'took_ms': (number);
}

export interface _writ_explain_v1_ExplainProcessResponse_Candidate {
  'entry_id'?: (string);
  'spiffe_id'?: (string);
  'missing'?: (_spire_api_types_Selector)[];
  'has_svid'?: (boolean);
}

export interface _writ_explain_v1_ExplainProcessResponse_CandidateOutput {
  'entry_id': (string);
  'spiffe_id': (string);
  'missing': (_spire_api_types_SelectorOutput)[];
  'has_svid': (boolean);
}

export interface ExplainProcessResponse {
  'attestors'?: (_writ_explain_v1_ExplainProcessResponse_Attestor)[];
  'candidates'?: (_writ_explain_v1_ExplainProcessResponse_Candidate)[];
  'entries_known'?: (number);
  'last_sync_at'?: (number | string | Long);
  'last_sync_error'?: (string);
  'kept_at'?: (number | string | Long);
}

export interface ExplainProcessResponseOutput {
  'attestors': (_writ_explain_v1_ExplainProcessResponse_AttestorOutput)[];
  'candidates': (_writ_explain_v1_ExplainProcessResponse_CandidateOutput)[];
  'entries_known': (number);
  'last_sync_at': (string);
  'last_sync_error': (string);
  'kept_at': (string);
}
