// From proto/spire/api/server/entry/v1/entry.proto

import type { SPIFFEID as _spire_api_types_SPIFFEID, SPIFFEIDOutput as _spire_api_types_SPIFFEIDOutput } from '../../../../../spire/api/types/SPIFFEID.ts';
import type { SelectorMatch as _spire_api_types_SelectorMatch, SelectorMatchOutput as _spire_api_types_SelectorMatchOutput } from '../../../../../spire/api/types/SelectorMatch.ts';
import type { FederatesWithMatch as _spire_api_types_FederatesWithMatch, FederatesWithMatchOutput as _spire_api_types_FederatesWithMatchOutput } from '../../../../../spire/api/types/FederatesWithMatch.ts';
import type { StringValue as _google_protobuf_StringValue, StringValueOutput as _google_protobuf_StringValueOutput } from '../../../../../google/protobuf/StringValue.ts';
import type { BoolValue as _google_protobuf_BoolValue, BoolValueOutput as _google_protobuf_BoolValueOutput } from '../../../../../google/protobuf/BoolValue.ts';

export interface EntryFilter {
  'by_spiffe_id'?: (_spire_api_types_SPIFFEID | null);
  'by_parent_id'?: (_spire_api_types_SPIFFEID | null);
  'by_selectors'?: (_spire_api_types_SelectorMatch | null);
  'by_federates_with'?: (_spire_api_types_FederatesWithMatch | null);
  'by_hint'?: (_google_protobuf_StringValue | null);
  'by_downstream'?: (_google_protobuf_BoolValue | null);
}

export interface EntryFilterOutput {
  'by_spiffe_id': (_spire_api_types_SPIFFEIDOutput | null);
  'by_parent_id': (_spire_api_types_SPIFFEIDOutput | null);
  'by_selectors': (_spire_api_types_SelectorMatchOutput | null);
  'by_federates_with': (_spire_api_types_FederatesWithMatchOutput | null);
  'by_hint': (_google_protobuf_StringValueOutput | null);
  'by_downstream': (_google_protobuf_BoolValueOutput | null);
}
