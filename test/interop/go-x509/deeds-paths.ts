/** Deeds on what is handed over beside the path, or missing from it: forks, cross signatures, strangers, wrong roots. */
import { named } from '../../shared/crypto/pki.ts';
import { encode } from '../../../shared/crypto/der-writer.ts';
import type { Deed } from './deeds-fields.ts';
import { offCurve } from './deeds-raw.ts';
import {
  type Bench,
  caDraft,
  type CaseDraft,
  casOf,
  change,
  type Changes,
  copy,
  type Draft,
  intermediatesOf,
  leafOf,
  present,
  rootOf,
} from './draft.ts';
import type { TestKey } from './keys.ts';

const keysOf = ({ path, extras }: CaseDraft): readonly TestKey[] =>
  [...path, ...extras.map((extra) => extra.draft)].map(({ key }) => key);

const strangerKey = (draft: CaseDraft, { dice, keys }: Bench): TestKey =>
  keys.pick(dice, 'ec-p256', keysOf(draft));

/** Another certificate for the same CA, with something else about it. */
function twin(original: Draft, changes: Changes = {}): Draft {
  const made = copy(original);
  change(made, changes);
  return made;
}

/** Longer by that many intermediates, below the root. */
function lengthen(draft: CaseDraft, bench: Bench, count: number): void {
  for (let left = count; left > 0; left--)
    draft.path.splice(-1, 0, caDraft(strangerKey(draft, bench), `longer ${left}`));
}

const SECOND_MS = 1_000;
const faults = (at: Date): readonly Changes[] => [
  { notAfter: new Date(at.getTime() - SECOND_MS) },
  { notBefore: new Date(at.getTime() + SECOND_MS) },
  { isCa: false },
  { keyUsage: ['crlSign'] },
  { pathLength: 0 },
  { uriSans: undefined },
];

export const pathDeeds: Readonly<Record<string, Deed>> = {
  'an intermediate missing': (draft, { dice }) => {
    const at = dice.below(Math.max(1, intermediatesOf(draft).length));
    draft.after.push(({ rest }) => void rest.splice(at, 1));
  },
  'root in the chain': (draft) => void draft.after.push(({ rest, roots }) => void rest.push(...roots)),
  'leaf in the chain twice': (draft) => void draft.after.push(({ rest, leaf }) => void rest.push(leaf)),
  'intermediates twice': (draft) => void draft.after.push(({ rest }) => void rest.push(...rest)),
  'leaf that is a root': (draft, { dice }) =>
    void draft.after.push((built) => {
      built.roots = dice.once(2) ? [built.leaf] : [...built.roots, built.leaf];
    }),
  'intermediate that is a root': (draft, { dice }) =>
    void draft.after.push((built) => {
      const { rest, roots } = built;
      if (rest.length > 0) built.roots = dice.once(2) ? [dice.pick(rest)] : [...roots, dice.pick(rest)];
    }),
  'no roots': (draft) =>
    void draft.after.push((built) => {
      built.roots = [];
    }),
  'root of nobody': (draft, bench) =>
    void draft.extras.push(stranger(draft, bench, { name: 'somebody', into: 'roots' })),
  'wrong root alone': (draft, bench) => {
    draft.after.push((built) => void built.roots.splice(0, 1));
    draft.extras.push(stranger(draft, bench, { name: 'somebody', into: 'roots' }));
  },
  'root of the same name and another key': (draft, bench) => {
    draft.extras.push(stranger(draft, bench, { name: 'root', into: bench.dice.pick(['roots', 'chain']) }));
    if (bench.dice.once(3)) draft.after.push((built) => void built.roots.splice(0, 1));
  },
  'roots of the same name, many': (draft, bench) => {
    const count = bench.dice.pick([5, 40, 70, 110]);
    for (let left = count; left > 0; left--) {
      const extra = stranger(draft, bench, { name: 'root', into: 'roots' });
      draft.extras.push(extra);
    }
  },
  'root that cannot be read': (draft, { dice }) =>
    void draft.after.push(({ roots }) => {
      if (dice.once(2)) roots.splice(0, 1);
      roots.push(Uint8Array.of(0x30, 0));
    }),
  'intermediate that cannot be read': (draft) =>
    void draft.after.push(({ rest }) => void rest.push(Uint8Array.of(0x30, 0))),
  'bytes after the end': (draft) =>
    void draft.after.push((built) => {
      built.leaf = Buffer.concat([built.leaf, Uint8Array.of(0)]);
    }),
  'certificate cut short': (draft) =>
    void draft.after.push((built) => {
      built.leaf = built.leaf.subarray(0, -1);
    }),
  'intermediate of the same name and another key': (draft, bench) => {
    const [last] = intermediatesOf(draft);
    if (last === undefined) return;
    const made = twin(last);
    made.key = strangerKey(draft, bench);
    draft.extras.push({ draft: made, signedBy: rootOf(draft), into: 'chain' });
  },
  fork: (draft, { dice }) => {
    const ca = dice.pick(casOf(draft));
    const signedBy = present(draft.path[draft.path.indexOf(ca) + 1] ?? ca);
    draft.extras.push({
      draft: twin(ca, dice.pick(faults(draft.at))),
      signedBy,
      into: dice.pick(['chain', 'roots']),
    });
  },
  'fork whose first way is the wrong one': (draft, { dice }) => {
    const ca = dice.pick(casOf(draft));
    const signedBy = present(draft.path[draft.path.indexOf(ca) + 1] ?? ca);
    draft.extras.push({ draft: twin(ca), signedBy, into: ca === rootOf(draft) ? 'roots' : 'chain' });
    change(ca, dice.pick(faults(draft.at)));
  },
  'cross signature to another root': (draft, bench) => {
    const other = caDraft(strangerKey(draft, bench), 'other root');
    draft.extras.push({ draft: other, signedBy: other, into: 'roots' });
    draft.extras.push({ draft: twin(rootOf(draft)), signedBy: other, into: 'chain' });
    if (bench.dice.once(2)) draft.after.push((built) => void built.roots.splice(0, 1));
    if (bench.dice.once(3)) change(other, bench.dice.pick(faults(draft.at)));
  },
  'cross signatures in a circle': (draft, bench) => {
    const cas = casOf(draft);
    for (const ca of bench.dice.some(cas))
      draft.extras.push({
        draft: twin(
          ca,
          bench.dice.pick([{}, { uriSans: undefined }, { uriSans: ['spiffe://example.org/x'] }]),
        ),
        signedBy: bench.dice.pick(cas),
        into: 'chain',
      });
  },
  'self-signed leaf': (draft, { dice }) => {
    const [leaf, ...cas] = [leafOf(draft), ...casOf(draft)];
    draft.path.splice(1, cas.length);
    if (dice.once(2)) change(leaf, { isCa: true, keyUsage: ['digitalSignature', 'keyCertSign'] });
    draft.after.push((built) => {
      built.rest = [];
      if (dice.once(2)) built.roots = [];
    });
  },
  'leaf of the same name and key as its issuer': (draft, { dice }) => {
    const [leaf, issuer] = [leafOf(draft), present(casOf(draft)[0])];
    leaf.key = issuer.key;
    change(leaf, { subject: issuer.fields.subject });
    if (dice.once(2)) change(issuer, { uriSans: leaf.fields.uriSans });
  },
  'stranger whose key is a point off its curve': (draft, bench) => {
    const extra = stranger(draft, bench, { name: 'somebody', into: 'chain' });
    extra.draft.tampering.push(({ publicKey }) => offCurve(encode(publicKey)));
    draft.extras.push(extra);
  },
  'long path': (draft, bench) => lengthen(draft, bench, bench.dice.pick([4, 8, 13, 14, 15, 16, 18])),
  'many strangers in the chain': (draft, bench) => {
    for (let left = bench.dice.pick([3, 10, 15]); left > 0; left--)
      draft.extras.push(
        stranger(draft, bench, {
          name: bench.dice.pick(['root', 'intermediate 1', 'somebody']),
          into: 'chain',
        }),
      );
  },
  'signed by a stranger': (draft, bench) => {
    bench.dice.pick(draft.path).signer = strangerKey(draft, bench);
  },
};

/** A self-signed authority that has signed nothing. */
function stranger(draft: CaseDraft, bench: Bench, { name, into }: { name: string; into: 'chain' | 'roots' }) {
  const made = caDraft(bench.keys.pick(bench.dice, 'ec-p256', keysOf(draft)), name);
  change(made, { subject: named(name) });
  return { draft: made, signedBy: made, into } as const;
}
