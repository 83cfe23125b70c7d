/** Makes case number n of a seed: a path that is good, with up to three things done to it. */
import { buildCase, type Case } from './build.ts';
import { type Deed, fieldDeeds } from './deeds-fields.ts';
import { nameDeeds } from './deeds-names.ts';
import { pathDeeds } from './deeds-paths.ts';
import { rawDeeds } from './deeds-raw.ts';
import { Dice } from './dice.ts';
import { type Bench, type CaseDraft, makeDraft } from './draft.ts';
import type { KeyRing } from './keys.ts';

export const deeds: ReadonlyMap<string, Deed> = new Map(
  [fieldDeeds, nameDeeds, rawDeeds, pathDeeds].flatMap((table) => Object.entries(table)),
);
/** Done last: it leaves no CA that others could change. */
const LAST = 'self-signed leaf';
const HOW_MANY = [0, 1, 1, 1, 1, 1, 1, 2, 2, 3];
const GOLDEN = 0x9e3779b1; // neighbours get seeds that have nothing in common

/** The same keys or not, the same n of a seed gives the same case. */
export function makeCase(seed: number, n: number, keys: KeyRing): Promise<Case> {
  const dice = new Dice(seed + Math.imul(n + 1, GOLDEN));
  const bench: Bench = { dice, keys };
  const draft = makeDraft(bench);
  for (const name of chooseDeeds(dice)) perform(name, draft, bench);
  return buildCase(draft, dice);
}

function chooseDeeds(dice: Dice): readonly string[] {
  const names = [...deeds.keys()];
  const chosen = new Set(Array.from({ length: dice.pick(HOW_MANY) }, () => dice.pick(names)));
  return [...chosen].sort((a, b) => Number(a === LAST) - Number(b === LAST));
}

function perform(name: string, draft: CaseDraft, bench: Bench): void {
  deeds.get(name)?.(draft, bench);
  draft.deeds.push(name);
}
