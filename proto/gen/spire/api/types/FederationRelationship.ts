// From proto/spire/api/types/types.proto

import type { HTTPSWebProfile as _spire_api_types_HTTPSWebProfile, HTTPSWebProfileOutput as _spire_api_types_HTTPSWebProfileOutput } from '../../../spire/api/types/HTTPSWebProfile.ts';
import type { HTTPSSPIFFEProfile as _spire_api_types_HTTPSSPIFFEProfile, HTTPSSPIFFEProfileOutput as _spire_api_types_HTTPSSPIFFEProfileOutput } from '../../../spire/api/types/HTTPSSPIFFEProfile.ts';
import type { Bundle as _spire_api_types_Bundle, BundleOutput as _spire_api_types_BundleOutput } from '../../../spire/api/types/Bundle.ts';

export interface FederationRelationship {
  'trust_domain'?: (string);
  'bundle_endpoint_url'?: (string);
  'https_web'?: (_spire_api_types_HTTPSWebProfile | null);
  'https_spiffe'?: (_spire_api_types_HTTPSSPIFFEProfile | null);
  'trust_domain_bundle'?: (_spire_api_types_Bundle | null);
  'bundle_endpoint_profile'?: "https_web"|"https_spiffe";
}

export interface FederationRelationshipOutput {
  'trust_domain': (string);
  'bundle_endpoint_url': (string);
  'https_web'?: (_spire_api_types_HTTPSWebProfileOutput | null);
  'https_spiffe'?: (_spire_api_types_HTTPSSPIFFEProfileOutput | null);
  'trust_domain_bundle': (_spire_api_types_BundleOutput | null);
  'bundle_endpoint_profile'?: "https_web"|"https_spiffe";
}
