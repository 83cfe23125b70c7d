// From proto/spire/api/server/entry/v1/entry.proto

import type { EntryRevision as _spire_api_server_entry_v1_EntryRevision, EntryRevisionOutput as _spire_api_server_entry_v1_EntryRevisionOutput } from '../../../../../spire/api/server/entry/v1/EntryRevision.ts';
import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';

export interface SyncAuthorizedEntriesResponse {
  'entry_revisions'?: (_spire_api_server_entry_v1_EntryRevision)[];
  'entries'?: (_spire_api_types_Entry)[];
  'more'?: (boolean);
}

export interface SyncAuthorizedEntriesResponseOutput {
  'entry_revisions': (_spire_api_server_entry_v1_EntryRevisionOutput)[];
  'entries': (_spire_api_types_EntryOutput)[];
  'more': (boolean);
}
