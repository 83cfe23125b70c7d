// From null

import type { Value as _google_protobuf_Value, ValueOutput as _google_protobuf_ValueOutput } from '../../google/protobuf/Value.ts';

export interface Struct {
  'fields'?: ({[key: string]: _google_protobuf_Value});
}

export interface StructOutput {
  'fields': ({[key: string]: _google_protobuf_ValueOutput});
}
