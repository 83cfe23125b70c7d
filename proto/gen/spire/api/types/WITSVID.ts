// From proto/spire/api/types/types.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../spire/api/types/SPIFFEID.ts';
import type { Long } from '@grpc/proto-loader';

export interface WITSVID {
  'token'?: (string);
  'id'?: (_spire_api_types_SPIFFEID | null);
  'expires_at'?: (number | string | Long);
  'issued_at'?: (number | string | Long);
  'hint'?: (string);
}

export interface WITSVIDOutput {
  'token': (string);
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'expires_at': (string);
  'issued_at': (string);
  'hint': (string);
}
