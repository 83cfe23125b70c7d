/** Every way in which our verdict differs from Go's. A difference that no rule explains is a fault of one side. */
import { pathRules } from './path-differences.ts';
import type { Difference, Rule } from './rule.ts';
import { svidRules } from './svid-differences.ts';

export const rules: Readonly<Record<string, Rule>> = { ...pathRules, ...svidRules };

/** The names of the rules that explain a difference: there should be exactly one. */
export const explain = (accepts: Rule['accepts'], difference: Difference): readonly string[] =>
  Object.entries(rules)
    .filter(
      ([, rule]) => rule.accepts === accepts && rule.says.test(difference.refusal) && rule.holds(difference),
    )
    .map(([name]) => name);
