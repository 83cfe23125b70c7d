// From proto/spire/api/agent/delegatedidentity/v1/delegatedidentity.proto

import type { Selector as _spire_api_types_Selector, SelectorOutput as _spire_api_types_SelectorOutput } from '../../../../../spire/api/types/Selector.ts';

export interface FetchJWTSVIDsRequest {
  'audience'?: (string)[];
  'selectors'?: (_spire_api_types_Selector)[];
  'pid'?: (number);
}

export interface FetchJWTSVIDsRequestOutput {
  'audience': (string)[];
  'selectors': (_spire_api_types_SelectorOutput)[];
  'pid': (number);
}
