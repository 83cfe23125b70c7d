// From proto/writ/explain/v1/explain-entry.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../spire/api/types/Entry.ts';
import type { Selector as _spire_api_types_Selector, SelectorOutput as _spire_api_types_SelectorOutput } from '../../../spire/api/types/Selector.ts';

export interface _writ_explain_v1_ExplainEntryResponse_Agent {
  'spiffe_id'?: (string);
  'obstacle'?: (string);
  'alias_id'?: (string);
  'missing'?: (_spire_api_types_Selector)[];
}

export interface _writ_explain_v1_ExplainEntryResponse_AgentOutput {
  'spiffe_id': (string);
  'obstacle': (string);
  'alias_id': (string);
  'missing': (_spire_api_types_SelectorOutput)[];
}

export interface ExplainEntryResponse {
  'entry'?: (_spire_api_types_Entry | null);
  'parents'?: (string)[];
  'faults'?: (string)[];
  'agents'?: (_writ_explain_v1_ExplainEntryResponse_Agent)[];
  'agents_authorized'?: (number);
  'agents_looked_at'?: (number);
  'agents_total'?: (number);
}

export interface ExplainEntryResponseOutput {
  'entry': (_spire_api_types_EntryOutput | null);
  'parents': (string)[];
  'faults': (string)[];
  'agents': (_writ_explain_v1_ExplainEntryResponse_AgentOutput)[];
  'agents_authorized': (number);
  'agents_looked_at': (number);
  'agents_total': (number);
}
