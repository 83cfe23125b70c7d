// From proto/spire/api/server/entry/v1/entry.proto

import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../../../spire/api/types/EntryMask.ts';

export interface GetEntryRequest {
  'id'?: (string);
  'output_mask'?: (_spire_api_types_EntryMask | null);
}

export interface GetEntryRequestOutput {
  'id': (string);
  'output_mask': (_spire_api_types_EntryMaskOutput | null);
}
