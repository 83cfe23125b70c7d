// From proto/writ/entry/v1/entry-changes.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { ApplyEntriesRequest as _writ_entry_v1_ApplyEntriesRequest, ApplyEntriesRequestOutput as _writ_entry_v1_ApplyEntriesRequestOutput } from '../../../writ/entry/v1/ApplyEntriesRequest.ts';
import type { ApplyEntriesResponse as _writ_entry_v1_ApplyEntriesResponse, ApplyEntriesResponseOutput as _writ_entry_v1_ApplyEntriesResponseOutput } from '../../../writ/entry/v1/ApplyEntriesResponse.ts';
import type { WatchEntriesRequest as _writ_entry_v1_WatchEntriesRequest, WatchEntriesRequestOutput as _writ_entry_v1_WatchEntriesRequestOutput } from '../../../writ/entry/v1/WatchEntriesRequest.ts';
import type { WatchEntriesResponse as _writ_entry_v1_WatchEntriesResponse, WatchEntriesResponseOutput as _writ_entry_v1_WatchEntriesResponseOutput } from '../../../writ/entry/v1/WatchEntriesResponse.ts';

export interface EntryChangesDefinition {
  ApplyEntries: MethodDefinition<_writ_entry_v1_ApplyEntriesRequest, _writ_entry_v1_ApplyEntriesResponse, _writ_entry_v1_ApplyEntriesRequestOutput, _writ_entry_v1_ApplyEntriesResponseOutput>
  WatchEntries: MethodDefinition<_writ_entry_v1_WatchEntriesRequest, _writ_entry_v1_WatchEntriesResponse, _writ_entry_v1_WatchEntriesRequestOutput, _writ_entry_v1_WatchEntriesResponseOutput>
}
