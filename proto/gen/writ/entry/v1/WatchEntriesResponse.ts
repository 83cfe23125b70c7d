// From proto/writ/entry/v1/entry-changes.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../spire/api/types/Entry.ts';

// From proto/writ/entry/v1/entry-changes.proto

export const _writ_entry_v1_WatchEntriesResponse_Kind = {
  NOTHING: 'NOTHING',
  CREATED: 'CREATED',
  UPDATED: 'UPDATED',
  DELETED: 'DELETED',
} as const;

export type _writ_entry_v1_WatchEntriesResponse_Kind =
  | 'NOTHING'
  | 0
  | 'CREATED'
  | 1
  | 'UPDATED'
  | 2
  | 'DELETED'
  | 3

export type _writ_entry_v1_WatchEntriesResponse_KindOutput = typeof _writ_entry_v1_WatchEntriesResponse_Kind[keyof typeof _writ_entry_v1_WatchEntriesResponse_Kind]

export interface WatchEntriesResponse {
  'kind'?: (_writ_entry_v1_WatchEntriesResponse_Kind);
  'entry'?: (_spire_api_types_Entry | null);
  'position'?: (string);
}

export interface WatchEntriesResponseOutput {
  'kind': (_writ_entry_v1_WatchEntriesResponse_KindOutput);
  'entry': (_spire_api_types_EntryOutput | null);
  'position': (string);
}
