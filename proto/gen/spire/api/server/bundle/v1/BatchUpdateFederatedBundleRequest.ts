// From proto/spire/api/server/bundle/v1/bundle.proto

import type { Bundle as _spire_api_types_Bundle, BundleOutput as _spire_api_types_BundleOutput } from '../../../../../spire/api/types/Bundle.ts';
import type { BundleMask as _spire_api_types_BundleMask, BundleMaskOutput as _spire_api_types_BundleMaskOutput } from '../../../../../spire/api/types/BundleMask.ts';

export interface BatchUpdateFederatedBundleRequest {
  'bundle'?: (_spire_api_types_Bundle)[];
  'input_mask'?: (_spire_api_types_BundleMask | null);
  'output_mask'?: (_spire_api_types_BundleMask | null);
}

export interface BatchUpdateFederatedBundleRequestOutput {
  'bundle': (_spire_api_types_BundleOutput)[];
  'input_mask': (_spire_api_types_BundleMaskOutput | null);
  'output_mask': (_spire_api_types_BundleMaskOutput | null);
}
