// From proto/spire/api/server/bundle/v1/bundle.proto

import type { X509Certificate as _spire_api_types_X509Certificate, X509CertificateOutput as _spire_api_types_X509CertificateOutput } from '../../../../../spire/api/types/X509Certificate.ts';
import type { JWTKey as _spire_api_types_JWTKey, JWTKeyOutput as _spire_api_types_JWTKeyOutput } from '../../../../../spire/api/types/JWTKey.ts';
import type { BundleMask as _spire_api_types_BundleMask, BundleMaskOutput as _spire_api_types_BundleMaskOutput } from '../../../../../spire/api/types/BundleMask.ts';
import type { WITKey as _spire_api_types_WITKey, WITKeyOutput as _spire_api_types_WITKeyOutput } from '../../../../../spire/api/types/WITKey.ts';

export interface AppendBundleRequest {
  'x509_authorities'?: (_spire_api_types_X509Certificate)[];
  'jwt_authorities'?: (_spire_api_types_JWTKey)[];
  'output_mask'?: (_spire_api_types_BundleMask | null);
  'wit_authorities'?: (_spire_api_types_WITKey)[];
}

export interface AppendBundleRequestOutput {
  'x509_authorities': (_spire_api_types_X509CertificateOutput)[];
  'jwt_authorities': (_spire_api_types_JWTKeyOutput)[];
  'output_mask': (_spire_api_types_BundleMaskOutput | null);
  'wit_authorities': (_spire_api_types_WITKeyOutput)[];
}
