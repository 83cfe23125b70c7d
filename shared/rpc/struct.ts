/** JSON objects as google.protobuf.Struct, in the shape of the gRPC library, and back. Used by whatever sends or prints claims. */
import type { Struct, StructOutput } from '../../proto/gen/google/protobuf/Struct.ts';
import type { Value, ValueOutput } from '../../proto/gen/google/protobuf/Value.ts';
import { invalidArgument } from '../errors.ts';

type Json = Readonly<Record<string, unknown>>;

const DEPTH_MAX = 32; // readers of protocol buffers give up at 100 messages, three of which are one level

/** Throws InvalidArgument on what is nested too deep. */
export const toStruct = (object: Json): Struct => structOf(object, 1);

function structOf(object: object, depth: number): Struct {
  if (depth > DEPTH_MAX) throw invalidArgument(`JSON is nested deeper than ${DEPTH_MAX} levels`);
  return {
    fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, valueOf(value, depth)])),
  };
}

function valueOf(value: unknown, depth: number): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: listOf(value, depth + 1) } };
  if (typeof value === 'object' && value !== null) return { structValue: structOf(value, depth + 1) };
  return { nullValue: 'NULL_VALUE' };
}

function listOf(values: readonly unknown[], depth: number): Value[] {
  if (depth > DEPTH_MAX) throw invalidArgument(`JSON is nested deeper than ${DEPTH_MAX} levels`);
  return values.map((value) => valueOf(value, depth));
}

/** As JSON has it, names sorted. */
export const fromStruct = ({ fields }: StructOutput): Json =>
  Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, fromValue(value)]),
  );

function fromValue({ stringValue, numberValue, boolValue, listValue, structValue }: ValueOutput): unknown {
  if (listValue !== undefined && listValue !== null) return listValue.values.map(fromValue);
  if (structValue !== undefined && structValue !== null) return fromStruct(structValue);
  return stringValue ?? numberValue ?? boolValue ?? null;
}
