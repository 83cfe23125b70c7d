// From null

import type { NullValue as _google_protobuf_NullValue, NullValueOutput as _google_protobuf_NullValueOutput } from '../../google/protobuf/NullValue.ts';
import type { Struct as _google_protobuf_Struct, StructOutput as _google_protobuf_StructOutput } from '../../google/protobuf/Struct.ts';
import type { ListValue as _google_protobuf_ListValue, ListValueOutput as _google_protobuf_ListValueOutput } from '../../google/protobuf/ListValue.ts';

export interface Value {
  'nullValue'?: (_google_protobuf_NullValue);
  'numberValue'?: (number | string);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_Struct | null);
  'listValue'?: (_google_protobuf_ListValue | null);
  'kind'?: "nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue";
}

export interface ValueOutput {
  'nullValue'?: (_google_protobuf_NullValueOutput);
  'numberValue'?: (number);
  'stringValue'?: (string);
  'boolValue'?: (boolean);
  'structValue'?: (_google_protobuf_StructOutput | null);
  'listValue'?: (_google_protobuf_ListValueOutput | null);
  'kind'?: "nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue";
}
