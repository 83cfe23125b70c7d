// From proto/writ/explain/v1/explain-self.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExplainSelfRequest as _writ_explain_v1_ExplainSelfRequest, ExplainSelfRequestOutput as _writ_explain_v1_ExplainSelfRequestOutput } from '../../../writ/explain/v1/ExplainSelfRequest.ts';
import type { ExplainSelfResponse as _writ_explain_v1_ExplainSelfResponse, ExplainSelfResponseOutput as _writ_explain_v1_ExplainSelfResponseOutput } from '../../../writ/explain/v1/ExplainSelfResponse.ts';

export interface ExplainSelfDefinition {
  ExplainSelf: MethodDefinition<_writ_explain_v1_ExplainSelfRequest, _writ_explain_v1_ExplainSelfResponse, _writ_explain_v1_ExplainSelfRequestOutput, _writ_explain_v1_ExplainSelfResponseOutput>
}
