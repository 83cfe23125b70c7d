// From proto/spire/api/server/bundle/v1/bundle.proto

import type { Bundle as _spire_api_types_Bundle, BundleOutput as _spire_api_types_BundleOutput } from '../../../../../spire/api/types/Bundle.ts';
import type { BundleMask as _spire_api_types_BundleMask, BundleMaskOutput as _spire_api_types_BundleMaskOutput } from '../../../../../spire/api/types/BundleMask.ts';

export interface BatchSetFederatedBundleRequest {
  'bundle'?: (_spire_api_types_Bundle)[];
  'output_mask'?: (_spire_api_types_BundleMask | null);
}

export interface BatchSetFederatedBundleRequestOutput {
  'bundle': (_spire_api_types_BundleOutput)[];
  'output_mask': (_spire_api_types_BundleMaskOutput | null);
}
