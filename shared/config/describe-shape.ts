/** Asks a shape what it reads, without a file: the source of the reference pages. Called by reference. */
import { pluginEnvelope } from './read-plugin.ts';
import type { Block, Field, Labelled, Plugin, PluginSpec, Shape } from './shape.ts';

export type Description =
  | { readonly kind: 'field'; readonly key: string; readonly field: Field<unknown> }
  | {
      readonly kind: 'block';
      readonly key: string;
      readonly doc: string;
      readonly entries: readonly Description[];
      /** There may be several, each with a name of its own. */
      readonly isLabelled: boolean;
    }
  | {
      readonly kind: 'plugins';
      readonly type: string;
      readonly spec: PluginSpec<unknown>;
      readonly named: readonly NamedPlugin[];
    }
  | { readonly kind: 'without-effect' | 'not-supported'; readonly key: string; readonly doc: string };

export interface NamedPlugin {
  readonly name: string;
  readonly doc: string;
  readonly entries: readonly Description[];
}

export function describeShape(shape: Shape<unknown>): readonly Description[] {
  const block = new DescribingBlock();
  shape(block);
  return block.entries;
}

/** The keys around `plugin_data`. */
export const describeEnvelope = (): readonly Description[] => describeShape(pluginEnvelope);

class DescribingBlock implements Block {
  readonly entries: Description[] = [];

  field<T>(key: string, field: Field<T>): T {
    this.entries.push({ kind: 'field', key, field });
    return field.absent;
  }

  block<T>(key: string, doc: string, shape: Shape<T>): T {
    return this.#describe({ key, doc, isLabelled: false }, shape);
  }

  labelled<T>(key: string, doc: string, shape: Shape<T>): readonly Labelled<T>[] {
    this.#describe({ key, doc, isLabelled: true }, shape);
    return [];
  }

  #describe<T>(block: { key: string; doc: string; isLabelled: boolean }, shape: Shape<T>): T {
    const inner = new DescribingBlock();
    const value = shape(inner);
    this.entries.push({ kind: 'block', ...block, entries: inner.entries });
    return value;
  }

  plugins<T>(type: string, spec: PluginSpec<T>): readonly Plugin<T>[] {
    const named = Object.entries(spec.kinds).map(([name, kind]) => ({
      name,
      doc: kind.doc,
      entries: describeShape(kind.shape),
    }));
    this.entries.push({ kind: 'plugins', type, spec, named });
    return [];
  }

  withoutEffect(key: string, doc: string): void {
    this.entries.push({ kind: 'without-effect', key, doc });
  }

  notSupported(key: string, doc: string): void {
    this.entries.push({ kind: 'not-supported', key, doc });
  }

  isSet(): boolean {
    return false;
  }

  /** What is read only where it is given is described all the same. */
  isGiven(): boolean {
    return true;
  }

  fault(): void {}

  warn(): void {}
}
