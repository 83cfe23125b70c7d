// From proto/spire/api/agent/delegatedidentity/v1/delegatedidentity.proto

import type { X509SVID as _spire_api_types_X509SVID, X509SVIDOutput as _spire_api_types_X509SVIDOutput } from '../../../../../spire/api/types/X509SVID.ts';

export interface X509SVIDWithKey {
  'x509_svid'?: (_spire_api_types_X509SVID | null);
  'x509_svid_key'?: (Buffer | Uint8Array | string);
}

export interface X509SVIDWithKeyOutput {
  'x509_svid': (_spire_api_types_X509SVIDOutput | null);
  'x509_svid_key': (Buffer);
}
