// From proto/spire/api/agent/debug/v1/debug.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../spire/api/types/SPIFFEID.ts';
import type { Long } from '@grpc/proto-loader';

export interface _spire_agent_debug_v1_GetInfoResponse_Cert {
  'id'?: (_spire_api_types_SPIFFEID | null);
  'expires_at'?: (number | string | Long);
  'subject'?: (string);
}

export interface _spire_agent_debug_v1_GetInfoResponse_CertOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'expires_at': (string);
  'subject': (string);
}

export interface GetInfoResponse {
  'svid_chain'?: (_spire_agent_debug_v1_GetInfoResponse_Cert)[];
  'uptime'?: (number);
  'svids_count'?: (number);
  'last_sync_success'?: (number | string | Long);
  'cached_x509_svids_count'?: (number);
  'cached_jwt_svids_count'?: (number);
  'cached_svidstore_x509_svids_count'?: (number);
}

export interface GetInfoResponseOutput {
  'svid_chain': (_spire_agent_debug_v1_GetInfoResponse_CertOutput)[];
  'uptime': (number);
  'svids_count': (number);
  'last_sync_success': (string);
  'cached_x509_svids_count': (number);
  'cached_jwt_svids_count': (number);
  'cached_svidstore_x509_svids_count': (number);
}
