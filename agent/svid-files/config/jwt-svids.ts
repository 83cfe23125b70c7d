/** `jwt_svids = [{ jwt_audience = "a" jwt_extra_audiences = ["b"] jwt_svid_file_name = "f" }]`. Called by config.ts. */
import { listOf, nameOf, text } from '../../../shared/config/kinds.ts';
import type { ConfigItem } from '../../../shared/config/node.ts';
import type { Kind, Report } from '../../../shared/config/shape.ts';
import { fileName } from './kinds.ts';

export interface JwtSvidFile {
  readonly audiences: readonly string[];
  readonly fileName: string;
}

const KINDS = { jwt_audience: text, jwt_extra_audiences: listOf(text), jwt_svid_file_name: fileName };
const NONE: JwtSvidFile = { audiences: [], fileName: '' };

export const jwtSvidFile: Kind<JwtSvidFile> = {
  type: 'object',
  placeholder: NONE,
  read: (node, report) => {
    if (node.kind !== 'object') {
      report(node.at, `must be an object with ${Object.keys(KINDS).join(', ')}, not ${nameOf(node)}`);
      return NONE;
    }
    const { items } = node;
    refuseOthers(items, report);
    const audience = value(items, 'jwt_audience', report);
    const name = value(items, 'jwt_svid_file_name', report);
    if (audience === undefined || audience === '') report(node.at, 'needs a jwt_audience');
    if (name === undefined) report(node.at, 'needs a jwt_svid_file_name');
    const extra = value(items, 'jwt_extra_audiences', report) ?? [];
    return { audiences: [audience ?? '', ...extra], fileName: name ?? '' };
  },
};

type Values = { readonly [Key in keyof typeof KINDS]: (typeof KINDS)[Key]['placeholder'] };

function value<Key extends keyof Values>(
  items: readonly ConfigItem[],
  key: Key,
  report: Report,
): Values[Key] | undefined {
  const item = items.find((one) => one.key === key);
  const kind: Kind<Values[Key]> = KINDS[key] as Kind<Values[Key]>; // the same key in both tables
  return item === undefined
    ? undefined
    : kind.read(item.value, (at, what) => report(at, `"${key}" in it ${what}`));
}

function refuseOthers(items: readonly ConfigItem[], report: Report): void {
  const seen = new Set<string>();
  for (const { key, at, labels } of items) {
    if (!Object.hasOwn(KINDS, key) || labels.length > 0) report(at, `has an unknown key "${key}"`);
    else if (seen.has(key)) report(at, `has "${key}" twice`);
    seen.add(key);
  }
}
