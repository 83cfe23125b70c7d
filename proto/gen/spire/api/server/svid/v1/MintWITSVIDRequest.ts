// From proto/spire/api/server/svid/v1/svid.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../../spire/api/types/SPIFFEID.ts';

export interface MintWITSVIDRequest {
  'id'?: (_spire_api_types_SPIFFEID | null);
  'public_key'?: (Buffer | Uint8Array | string);
  'ttl'?: (number);
  'signing_algorithm'?: (string);
}

export interface MintWITSVIDRequestOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'public_key': (Buffer);
  'ttl': (number);
  'signing_algorithm': (string);
}
