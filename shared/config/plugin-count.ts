/** How many plugins of a type are enabled: too few, too many, one twice. Called by read-shape. */
import { formatPosition, type Position } from './node.ts';
import type { PluginSpec } from './shape.ts';
import type { Sink } from './sink.ts';

export interface EnabledPlugin {
  readonly name: string;
  readonly at: Position;
}

export interface EnabledPlugins<T> {
  readonly type: string;
  readonly spec: PluginSpec<T>;
  readonly enabled: readonly EnabledPlugin[];
  /** Where `plugins {}` stands. */
  readonly at: Position;
}

export function checkCount<T>({ type, spec, enabled, at }: EnabledPlugins<T>, sink: Sink): void {
  const [first, second] = enabled;
  const isOne = spec.count === 'exactly-one' || spec.count === 'at-most-one';
  const isNeeded = spec.count === 'exactly-one' || spec.count === 'at-least-one';
  if (first === undefined && isNeeded)
    sink.fault(at, `no ${type} is enabled in plugins: add ${choices(type, spec)}`);
  if (second !== undefined && isOne) sink.fault(second.at, `more than one ${type} is enabled: keep one`);
  if (!isOne) checkTwice(type, enabled, sink);
}

const choices = <T>(type: string, spec: PluginSpec<T>): string =>
  Object.keys(spec.kinds)
    .map((name) => `${type} "${name}"`)
    .join(' or ');

function checkTwice(type: string, enabled: readonly EnabledPlugin[], sink: Sink): void {
  const seen = new Map<string, EnabledPlugin>();
  for (const plugin of enabled) {
    const first = seen.get(plugin.name);
    if (first === undefined) seen.set(plugin.name, plugin);
    else
      sink.fault(
        plugin.at,
        `${type} "${plugin.name.slice(0, 64)}" is given twice, first at ${formatPosition(first.at)}`,
      );
  }
}
