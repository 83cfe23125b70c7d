// From proto/writ/explain/v1/explain-entry.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExplainEntryRequest as _writ_explain_v1_ExplainEntryRequest, ExplainEntryRequestOutput as _writ_explain_v1_ExplainEntryRequestOutput } from '../../../writ/explain/v1/ExplainEntryRequest.ts';
import type { ExplainEntryResponse as _writ_explain_v1_ExplainEntryResponse, ExplainEntryResponseOutput as _writ_explain_v1_ExplainEntryResponseOutput } from '../../../writ/explain/v1/ExplainEntryResponse.ts';

export interface ExplainEntryDefinition {
  ExplainEntry: MethodDefinition<_writ_explain_v1_ExplainEntryRequest, _writ_explain_v1_ExplainEntryResponse, _writ_explain_v1_ExplainEntryRequestOutput, _writ_explain_v1_ExplainEntryResponseOutput>
}
