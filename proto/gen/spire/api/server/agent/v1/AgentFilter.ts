// From proto/spire/api/server/agent/v1/agent.proto

import type { SelectorMatch as _spire_api_types_SelectorMatch, SelectorMatchOutput as _spire_api_types_SelectorMatchOutput } from '../../../../../spire/api/types/SelectorMatch.ts';
import type { BoolValue as _google_protobuf_BoolValue, BoolValueOutput as _google_protobuf_BoolValueOutput } from '../../../../../google/protobuf/BoolValue.ts';

export interface AgentFilter {
  'by_attestation_type'?: (string);
  'by_selector_match'?: (_spire_api_types_SelectorMatch | null);
  'by_banned'?: (_google_protobuf_BoolValue | null);
  'by_can_reattest'?: (_google_protobuf_BoolValue | null);
  'by_expires_before'?: (string);
}

export interface AgentFilterOutput {
  'by_attestation_type': (string);
  'by_selector_match': (_spire_api_types_SelectorMatchOutput | null);
  'by_banned': (_google_protobuf_BoolValueOutput | null);
  'by_can_reattest': (_google_protobuf_BoolValueOutput | null);
  'by_expires_before': (string);
}
