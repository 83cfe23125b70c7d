// From proto/spire/api/server/bundle/v1/bundle.proto

import type { Bundle as _spire_api_types_Bundle, BundleOutput as _spire_api_types_BundleOutput } from '../../../../../spire/api/types/Bundle.ts';

export interface ListFederatedBundlesResponse {
  'bundles'?: (_spire_api_types_Bundle)[];
  'next_page_token'?: (string);
}

export interface ListFederatedBundlesResponseOutput {
  'bundles': (_spire_api_types_BundleOutput)[];
  'next_page_token': (string);
}
