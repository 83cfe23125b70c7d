// From proto/writ/entry/v1/entry-changes.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../spire/api/types/Entry.ts';
import type { KnownEntry as _writ_entry_v1_KnownEntry, KnownEntryOutput as _writ_entry_v1_KnownEntryOutput } from '../../../writ/entry/v1/KnownEntry.ts';
import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../spire/api/types/EntryMask.ts';

export interface _writ_entry_v1_ApplyEntriesRequest_Update {
  'known'?: (_writ_entry_v1_KnownEntry | null);
  'entry'?: (_spire_api_types_Entry | null);
  'input_mask'?: (_spire_api_types_EntryMask | null);
}

export interface _writ_entry_v1_ApplyEntriesRequest_UpdateOutput {
  'known': (_writ_entry_v1_KnownEntryOutput | null);
  'entry': (_spire_api_types_EntryOutput | null);
  'input_mask': (_spire_api_types_EntryMaskOutput | null);
}

export interface ApplyEntriesRequest {
  'create'?: (_spire_api_types_Entry)[];
  'update'?: (_writ_entry_v1_ApplyEntriesRequest_Update)[];
  'delete'?: (_writ_entry_v1_KnownEntry)[];
  'unchanged'?: (_writ_entry_v1_KnownEntry)[];
  'dry_run'?: (boolean);
}

export interface ApplyEntriesRequestOutput {
  'create': (_spire_api_types_EntryOutput)[];
  'update': (_writ_entry_v1_ApplyEntriesRequest_UpdateOutput)[];
  'delete': (_writ_entry_v1_KnownEntryOutput)[];
  'unchanged': (_writ_entry_v1_KnownEntryOutput)[];
  'dry_run': (boolean);
}
