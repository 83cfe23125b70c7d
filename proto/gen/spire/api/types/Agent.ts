// From proto/spire/api/types/types.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../spire/api/types/SPIFFEID.ts';
import type { Selector as _spire_api_types_Selector, SelectorOutput as _spire_api_types_SelectorOutput } from '../../../spire/api/types/Selector.ts';
import type { Long } from '@grpc/proto-loader';

export interface Agent {
  'id'?: (_spire_api_types_SPIFFEID | null);
  'attestation_type'?: (string);
  'x509svid_serial_number'?: (string);
  'x509svid_expires_at'?: (number | string | Long);
  'selectors'?: (_spire_api_types_Selector)[];
  'banned'?: (boolean);
  'can_reattest'?: (boolean);
  'agent_version'?: (string);
}

export interface AgentOutput {
  'id': (_spire_api_types_SPIFFEIDOutput | null);
  'attestation_type': (string);
  'x509svid_serial_number': (string);
  'x509svid_expires_at': (string);
  'selectors': (_spire_api_types_SelectorOutput)[];
  'banned': (boolean);
  'can_reattest': (boolean);
  'agent_version': (string);
}
