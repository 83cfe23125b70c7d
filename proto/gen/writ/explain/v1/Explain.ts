// From proto/writ/explain/v1/explain.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExplainProcessRequest as _writ_explain_v1_ExplainProcessRequest, ExplainProcessRequestOutput as _writ_explain_v1_ExplainProcessRequestOutput } from '../../../writ/explain/v1/ExplainProcessRequest.ts';
import type { ExplainProcessResponse as _writ_explain_v1_ExplainProcessResponse, ExplainProcessResponseOutput as _writ_explain_v1_ExplainProcessResponseOutput } from '../../../writ/explain/v1/ExplainProcessResponse.ts';

export interface ExplainDefinition {
  ExplainProcess: MethodDefinition<_writ_explain_v1_ExplainProcessRequest, _writ_explain_v1_ExplainProcessResponse, _writ_explain_v1_ExplainProcessRequestOutput, _writ_explain_v1_ExplainProcessResponseOutput>
}
