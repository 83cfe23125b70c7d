/** SPIFFE IDs and selectors as flags, turned into what the API takes. */
import type { Selector as WireSelector } from '../../proto/gen/spire/api/types/Selector.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { messageOf } from '../../shared/errors.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

export interface WireId {
  readonly trust_domain: string;
  readonly path: string;
}

/** Throws UsageError that names the flag. */
export function wireId(flag: string, text: string): WireId {
  try {
    const id = SpiffeId.parse(text);
    return { trust_domain: id.trustDomain.name, path: id.path };
  } catch (error) {
    throw new UsageError(`-${flag} "${text}" is not a SPIFFE ID: ${messageOf(error)}`);
  }
}

/** Throws UsageError on anything but `type:value`. */
export function wireSelectors(texts: readonly string[]): WireSelector[] {
  try {
    return texts.map((text) => ({ ...parseSelector(text) }));
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** Prints what `SPIFFE ID` fields hold. */
export const idText = (id: { readonly trust_domain: string; readonly path: string } | null): string =>
  id === null ? '' : `spiffe://${id.trust_domain}${id.path}`;
