/** One plugin block, `Type "name" { plugin_data { … } }`: which part of ours it means, and its own keys. Called by read-shape. */
import { messageOf } from '../errors.ts';
import { ConfigFaults } from './faults.ts';
import { boolean, listOf, path, text } from './kinds.ts';
import type { ConfigItem, ObjectNode } from './node.ts';
import { parseConfig } from './parse-config.ts';
import {
  defaulting,
  optional,
  type Block,
  type Plugin,
  type PluginKind,
  type PluginSpec,
  type Shape,
} from './shape.ts';
import type { Sink } from './sink.ts';
import { nearest } from './suggest.ts';

export interface FoundPlugin {
  readonly type: string;
  readonly name: ConfigItem;
  readonly body: ObjectNode;
}

export interface PluginReading {
  readonly sink: Sink;
  /** Reads an object through a shape, faults going to the sink. */
  read<T>(node: ObjectNode, shape: Shape<T>, scope: string): T;
}

/** What is around `plugin_data`, the same for every plugin. */
export interface PluginEnvelope {
  readonly isEnabled: boolean;
  readonly command: string | undefined;
  readonly dataFile: string | undefined;
}

export const pluginEnvelope: Shape<PluginEnvelope> = (block) => {
  block.field('plugin_args', optional(listOf(text), 'arguments of `plugin_cmd`'));
  block.field('plugin_checksum', optional(text, 'SHA-256 of `plugin_cmd`'));
  return {
    isEnabled: block.field(
      'enabled',
      defaulting(boolean, true, { doc: 'false: as if the block were not there' }),
    ),
    command: block.field(
      'plugin_cmd',
      optional(text, 'an external plugin; refused: there are only built-in parts'),
    ),
    dataFile: block.field(
      'plugin_data_file',
      optional(path, 'a file that holds what `plugin_data` would hold'),
    ),
  };
};

/** What became of a plugin block; ignored ones count as not there. */
export type PluginReadout<T> =
  | { readonly kind: 'ready'; readonly plugin: Plugin<T> }
  | { readonly kind: 'at-fault' | 'ignored' };

/** Reads the block; what is wrong with it goes to the sink. */
export function readPlugin<T>(
  found: FoundPlugin,
  spec: PluginSpec<T>,
  reading: PluginReading,
): PluginReadout<T> {
  const name = found.name.key;
  const kind = Object.hasOwn(spec.kinds, name) ? spec.kinds[name] : undefined;
  const shape = (block: Block): PluginReadout<T> => {
    const envelope = pluginEnvelope(block);
    const hasData = block.isSet('plugin_data');
    if (!envelope.isEnabled) return { kind: 'ignored' };
    if (envelope.command !== undefined) {
      block.fault(
        `${labelOf(found)} is an external plugin (plugin_cmd), which is not supported`,
        'plugin_cmd',
      );
      return { kind: 'at-fault' };
    }
    if (kind === undefined) return withoutKind(found, spec, reading.sink);
    if (envelope.dataFile === undefined) {
      return { kind: 'ready', plugin: { name, value: block.block('plugin_data', kind.doc, kind.shape) } };
    }
    if (hasData)
      block.fault(`${labelOf(found)} has both plugin_data and plugin_data_file`, 'plugin_data_file');
    return readDataFile({ found, kind, dataFile: envelope.dataFile, block }, reading);
  };
  return reading.read(found.body, shape, labelOf(found));
}

const labelOf = (found: FoundPlugin): string => `${found.type} "${found.name.key.slice(0, 64)}"`;

function withoutKind<T>(found: FoundPlugin, spec: PluginSpec<T>, sink: Sink): PluginReadout<T> {
  const at = found.name.at;
  const isKnown = spec.notYet.includes(found.name.key);
  if (isKnown && spec.ifNotYet === 'warn') {
    sink.warn(at, `${labelOf(found)} has no effect yet`);
    return { kind: 'ignored' };
  }
  sink.fault(
    at,
    isKnown
      ? `${labelOf(found)} is not supported yet`
      : `unknown plugin ${labelOf(found)}${hintFor(found.name.key, spec)}`,
  );
  return { kind: 'at-fault' };
}

function hintFor<T>(name: string, spec: PluginSpec<T>): string {
  const near = nearest(name, [...Object.keys(spec.kinds), ...spec.notYet]);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

interface DataFile<T> {
  readonly found: FoundPlugin;
  readonly kind: PluginKind<T>;
  readonly dataFile: string;
  readonly block: Block;
}

function readDataFile<T>(file: DataFile<T>, reading: PluginReading): PluginReadout<T> {
  try {
    const node = parseConfig(file.dataFile, reading.sink.readFile(file.dataFile));
    const value = reading.read(node, file.kind.shape, labelOf(file.found));
    return { kind: 'ready', plugin: { name: file.found.name.key, value } };
  } catch (error) {
    if (error instanceof ConfigFaults)
      for (const fault of error.faults) reading.sink.fault(fault.at, fault.message);
    else file.block.fault(messageOf(error), 'plugin_data_file');
    return { kind: 'at-fault' };
  }
}
