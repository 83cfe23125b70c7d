// From proto/spire/api/types/types.proto

import type { X509Certificate as _spire_api_types_X509Certificate, X509CertificateOutput as _spire_api_types_X509CertificateOutput } from '../../../spire/api/types/X509Certificate.ts';
import type { JWTKey as _spire_api_types_JWTKey, JWTKeyOutput as _spire_api_types_JWTKeyOutput } from '../../../spire/api/types/JWTKey.ts';
import type { WITKey as _spire_api_types_WITKey, WITKeyOutput as _spire_api_types_WITKeyOutput } from '../../../spire/api/types/WITKey.ts';
import type { Long } from '@grpc/proto-loader';

export interface Bundle {
  'trust_domain'?: (string);
  'x509_authorities'?: (_spire_api_types_X509Certificate)[];
  'jwt_authorities'?: (_spire_api_types_JWTKey)[];
  'refresh_hint'?: (number | string | Long);
  'sequence_number'?: (number | string | Long);
  'wit_authorities'?: (_spire_api_types_WITKey)[];
}

export interface BundleOutput {
  'trust_domain': (string);
  'x509_authorities': (_spire_api_types_X509CertificateOutput)[];
  'jwt_authorities': (_spire_api_types_JWTKeyOutput)[];
  'refresh_hint': (string);
  'sequence_number': (string);
  'wit_authorities': (_spire_api_types_WITKeyOutput)[];
}
