// From proto/spire/api/server/bundle/v1/bundle.proto

import type { BundleMask as _spire_api_types_BundleMask, BundleMaskOutput as _spire_api_types_BundleMaskOutput } from '../../../../../spire/api/types/BundleMask.ts';

export interface ListFederatedBundlesRequest {
  'output_mask'?: (_spire_api_types_BundleMask | null);
  'page_size'?: (number);
  'page_token'?: (string);
}

export interface ListFederatedBundlesRequestOutput {
  'output_mask': (_spire_api_types_BundleMaskOutput | null);
  'page_size': (number);
  'page_token': (string);
}
