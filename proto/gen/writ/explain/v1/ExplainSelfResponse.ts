// From proto/writ/explain/v1/explain-self.proto

import type { Selector as _spire_api_types_Selector, SelectorOutput as _spire_api_types_SelectorOutput } from '../../../spire/api/types/Selector.ts';
import type { Long } from '@grpc/proto-loader';

export interface ExplainSelfResponse {
  'selectors'?: (_spire_api_types_Selector)[];
  'failed_attestors'?: (string)[];
  'matching'?: (number);
  'without_svid'?: (number);
  'last_sync_at'?: (number | string | Long);
  'is_server_away'?: (boolean);
  'kept_at'?: (number | string | Long);
}

export interface ExplainSelfResponseOutput {
  'selectors': (_spire_api_types_SelectorOutput)[];
  'failed_attestors': (string)[];
  'matching': (number);
  'without_svid': (number);
  'last_sync_at': (string);
  'is_server_away': (boolean);
  'kept_at': (string);
}
