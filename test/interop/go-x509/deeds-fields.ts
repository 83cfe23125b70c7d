/** Deeds that change what certificates say of themselves: time, CA or not, path length, key usage, purposes, critical extensions. */
import {
  type Der,
  encode,
  node,
  objectIdentifier,
  octetString,
  sequence,
  unsignedInteger,
} from '../../../shared/crypto/der-writer.ts';
import { keyUsageExtension } from '../../../shared/crypto/extension-writers.ts';
import { Tag } from '../../../shared/crypto/der.ts';
import { KEY_USAGES } from '../../../shared/crypto/extensions.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { NOT_AFTER, NOT_BEFORE } from '../../shared/crypto/pki.ts';
import { FALSE, TRUE, without, withExtension } from '../../shared/crypto/edit-certificate.ts';
import type { Dice } from './dice.ts';
import { type Bench, type CaseDraft, casOf, change, type Draft, leafOf } from './draft.ts';

export type Deed = (draft: CaseDraft, bench: Bench) => void;

const SECOND_MS = 1_000;
const PURPOSES = [Oid.serverAuth, Oid.clientAuth, '1.3.6.1.5.5.7.3.3', '1.2.3.4.5'];
const KEY_PURPOSE_OID = Oid.extendedKeyUsage;

const anyOf = ({ path }: CaseDraft, { dice }: Bench): Draft => dice.pick(path);
const caOf = (draft: CaseDraft, { dice }: Bench): Draft => dice.pick(casOf(draft));

type SetExtension = (draft: Draft, oid: string, value: Uint8Array) => void;

const setter =
  (critical: { readonly critical?: Uint8Array }): SetExtension =>
  (draft, oid, value) =>
    void draft.edits.push(({ extensions }) => ({
      extensions: withExtension(extensions, { oid, value, ...critical }),
    }));

/** Adds or exchanges an extension of any content. */
export const setExtension = setter({});
export const setCritical = setter({ critical: TRUE });
/** Not critical, and said so, which DER does not allow. */
const setUncritical = setter({ critical: FALSE });
export const eitherWay = (dice: Dice): SetExtension => dice.pick([setExtension, setCritical]);

export const dropExtension = (draft: Draft, oid: string): void =>
  void draft.edits.push(({ extensions }) => ({ extensions: without(extensions, oid) }));

const moved = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * SECOND_MS);
const nullValue = Uint8Array.of(Tag.null, 0);
const policy = encode(sequence(sequence(objectIdentifier('1.2.3.4'))));

export const fieldDeeds: Readonly<Record<string, Deed>> = {
  expired: (draft, bench) => change(anyOf(draft, bench), { notAfter: moved(draft.at, -1) }),
  'not valid yet': (draft, bench) => change(anyOf(draft, bench), { notBefore: moved(draft.at, 1) }),
  'at a border of validity': (draft, { dice }) => {
    const seconds = dice.pick([-1, 0, 1]);
    draft.at = moved(dice.pick([NOT_BEFORE, NOT_AFTER]), seconds);
  },
  'valid for one second': (draft, bench) =>
    change(anyOf(draft, bench), { notBefore: draft.at, notAfter: draft.at }),
  'valid after its end': (draft, bench) =>
    change(anyOf(draft, bench), { notBefore: moved(draft.at, 1), notAfter: moved(draft.at, -1) }),
  'path lengths': (draft, { dice }) => {
    for (const ca of dice.some(casOf(draft))) change(ca, { pathLength: dice.below(4) });
  },
  'path length that just fits': (draft) => casOf(draft).forEach((ca, at) => change(ca, { pathLength: at })),
  'path length of no CA': (draft, bench) => {
    const value = encode(sequence(unsignedInteger(Uint8Array.of(bench.dice.below(3)))));
    setCritical(anyOf(draft, bench), Oid.basicConstraints, value);
  },
  'issuer that is no CA': (draft, bench) => change(caOf(draft, bench), { isCa: false }),
  'leaf that is a CA': (draft, { dice }) =>
    change(
      leafOf(draft),
      dice.once(2) ? { isCa: true } : { isCa: true, keyUsage: ['keyCertSign', 'digitalSignature'] },
    ),
  'no basic constraints': (draft, bench) => dropExtension(anyOf(draft, bench), Oid.basicConstraints),
  'basic constraints not critical': (draft, bench) =>
    setExtension(caOf(draft, bench), Oid.basicConstraints, encode(sequence(TRUE))),
  'no key usage': (draft, bench) => change(anyOf(draft, bench), { keyUsage: [] }),
  'odd key usage': (draft, bench) => change(anyOf(draft, bench), { keyUsage: bench.dice.some(KEY_USAGES) }),
  'key usage of no bits': (draft, bench) =>
    setCritical(anyOf(draft, bench), Oid.keyUsage, Uint8Array.of(Tag.bitString, 1, 0)),
  'key usage not critical': (draft, bench) => {
    const target = anyOf(draft, bench);
    const { keyUsage } = target.fields;
    dropExtension(target, Oid.keyUsage);
    target.edits.push(({ extensions }) => ({
      extensions: [...extensions, notCritical(keyUsageExtension(keyUsage))],
    }));
  },
  'purposes of a leaf': (draft, { dice }) =>
    change(leafOf(draft), {
      extendedKeyUsage: dice.pick([undefined, [Oid.anyExtendedKeyUsage], dice.some(PURPOSES)]),
    }),
  'purposes of CAs': (draft, { dice }) => {
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        extendedKeyUsage: dice.pick([
          [Oid.anyExtendedKeyUsage],
          ...Array.from({ length: 4 }, () => dice.some(PURPOSES)),
        ]),
      });
  },
  'no purposes in a list': (draft, bench) =>
    setExtension(anyOf(draft, bench), KEY_PURPOSE_OID, encode(sequence())),
  'critical purposes': (draft, bench) =>
    setCritical(anyOf(draft, bench), KEY_PURPOSE_OID, encode(sequence(...PURPOSES.map(objectIdentifier)))),
  'unknown critical extension': (draft, bench) => setCritical(anyOf(draft, bench), '1.2.3.4.99', nullValue),
  'unknown extension': (draft, bench) =>
    bench.dice.pick([setExtension, setUncritical])(anyOf(draft, bench), '1.2.3.4.99', nullValue),
  'critical policies': (draft, bench) => {
    for (const each of bench.dice.some(draft.path)) setCritical(each, Oid.certificatePolicies, policy);
  },
  'policies everywhere, and wanted': (draft, bench) => {
    for (const each of draft.path) setExtension(each, Oid.certificatePolicies, policy);
    eitherWay(bench.dice)(caOf(draft, bench), POLICY_CONSTRAINTS, requireExplicitPolicy(0));
  },
  'policies wanted': (draft, bench) =>
    eitherWay(bench.dice)(caOf(draft, bench), POLICY_CONSTRAINTS, requireExplicitPolicy(bench.dice.below(2))),
  'policies not to be mapped': (draft, bench) =>
    eitherWay(bench.dice)(
      caOf(draft, bench),
      POLICY_CONSTRAINTS,
      encode(sequence(node(0x81, Uint8Array.of(0)))),
    ),
  'policies that are not any': (draft, bench) =>
    eitherWay(bench.dice)(caOf(draft, bench), '2.5.29.54', encode(unsignedInteger(Uint8Array.of(0)))),
  'critical places of revocation lists': (draft, bench) =>
    setCritical(anyOf(draft, bench), '2.5.29.31', encode(sequence(sequence()))),
  'critical access to authorities': (draft, bench) =>
    setCritical(
      anyOf(draft, bench),
      '1.3.6.1.5.5.7.1.1',
      encode(sequence(sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), node(0x86)))),
    ),
  'critical key identifiers': (draft, bench) => {
    const oid = bench.dice.pick([Oid.subjectKeyId, Oid.authorityKeyId]);
    const keyId = Uint8Array.of(1, 2, 3);
    const value = oid === Oid.subjectKeyId ? octetString(keyId) : sequence(node(0x80, keyId));
    setCritical(anyOf(draft, bench), oid, encode(value));
  },
};

const POLICY_CONSTRAINTS = '2.5.29.36';
const requireExplicitPolicy = (after: number): Uint8Array =>
  encode(sequence(node(0x80, Uint8Array.of(after))));

/** The same extension without its flag, which stands after the OID of five bytes. */
function notCritical(extension: Der): Uint8Array {
  const bytes = encode(extension);
  return encode(node(Tag.sequence, bytes.subarray(2, 7), bytes.subarray(10)));
}
