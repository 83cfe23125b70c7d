// From null

import type { Value as _google_protobuf_Value, ValueOutput as _google_protobuf_ValueOutput } from '../../google/protobuf/Value.ts';

export interface ListValue {
  'values'?: (_google_protobuf_Value)[];
}

export interface ListValueOutput {
  'values': (_google_protobuf_ValueOutput)[];
}
