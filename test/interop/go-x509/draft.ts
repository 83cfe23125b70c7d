/** A case before it is built: a path of certificates from leaf to root, and whatever else is handed to the verifiers. */
import type { CertificateFields } from '../../../shared/crypto/certificate-builder.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { named, NOT_AFTER, NOT_BEFORE, NOW } from '../../shared/crypto/pki.ts';
import type { Parts } from '../../shared/crypto/edit-certificate.ts';
import type { Dice } from './dice.ts';
import type { AlgorithmName, KeyKind, KeyRing, TestKey } from './keys.ts';

type Fields = Omit<CertificateFields, 'issuer' | 'issuerName' | 'publicKey' | 'serialNumber'>;
/** What may be changed of a certificate; undefined takes a thing away. */
export type Changes = { -readonly [Key in keyof Fields]?: Fields[Key] | undefined };

export interface Draft {
  key: TestKey;
  fields: Fields;
  /** Absent: the usual one of the key that signs. */
  algorithm?: AlgorithmName;
  /** Raw changes before the signature is made. */
  edits: ((parts: Parts) => Partial<Parts>)[];
  /** Raw changes of what was signed. */
  tampering: ((parts: Parts) => Partial<Parts>)[];
  authorityKeyId?: Uint8Array | null;
  isVersion1?: boolean;
  /** Signs in its issuer's place. */
  signer?: TestKey;
}

/** Another certificate beside the path: same subject and key as one of it unless changed, signed by one of it or by a stranger. */
export interface Extra {
  readonly draft: Draft;
  readonly signedBy: Draft;
  readonly into: 'chain' | 'roots';
}

export interface CaseDraft {
  /** Leaf first, root last. */
  readonly path: Draft[];
  readonly extras: Extra[];
  /** Certificates as they are, from what has been built. */
  readonly after: ((built: BuiltCase) => void)[];
  /** What was done to it, in words. */
  readonly deeds: string[];
  at: Date;
  purposes: readonly string[];
}

export interface BuiltCase {
  leaf: Uint8Array;
  rest: Uint8Array[];
  roots: Uint8Array[];
}

/** What changes of the table work with. */
export interface Bench {
  readonly dice: Dice;
  readonly keys: KeyRing;
}

export const TRUST_DOMAIN = 'example.org';
const KINDS: readonly KeyKind[] = [
  ...Array.from<KeyKind>({ length: 12 }).fill('ec-p256'),
  'ec-p384',
  'ec-p384',
  'rsa-2048',
  'ec-p521',
  'ed25519',
];

/** A path that both sides accept, with none to three intermediates. */
export function makeDraft({ dice, keys }: Bench): CaseDraft {
  const depth = dice.pick([0, 1, 1, 1, 2, 2, 3]);
  const taken: TestKey[] = [];
  const path = Array.from({ length: depth + 2 }, (_, at) => {
    const key = keys.pick(
      dice,
      at === 0 ? dice.pick(['ec-p256', 'ec-p256', 'ec-p384', 'rsa-2048']) : dice.pick(KINDS),
      taken,
    );
    taken.push(key);
    return at === 0 ? leafDraft(key) : caDraft(key, at === depth + 1 ? 'root' : `intermediate ${at}`);
  });
  return {
    path,
    extras: [],
    after: [],
    deeds: [],
    at: NOW,
    purposes: dice.pick([[], [], [Oid.serverAuth], [Oid.clientAuth, Oid.serverAuth]]),
  };
}

function leafDraft(key: TestKey): Draft {
  return {
    key,
    edits: [],
    tampering: [],
    fields: {
      subject: named('leaf'),
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      isCa: false,
      keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
      extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
      uriSans: [`spiffe://${TRUST_DOMAIN}/web`],
    },
  };
}

export function caDraft(key: TestKey, name: string): Draft {
  return {
    key,
    edits: [],
    tampering: [],
    fields: {
      subject: named(name),
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      isCa: true,
      keyUsage: ['keyCertSign', 'crlSign'],
      uriSans: [`spiffe://${TRUST_DOMAIN}`],
    },
  };
}

/** Changes fields in place. */
export function change(draft: Draft, changes: Changes): void {
  const left = Object.entries({ ...draft.fields, ...changes }).filter(([, value]) => value !== undefined);
  draft.fields = Object.fromEntries(left) as unknown as Fields;
}

/** A copy that can be changed without changing this one. */
export const copy = (draft: Draft): Draft => ({
  ...draft,
  fields: { ...draft.fields },
  edits: [...draft.edits],
  tampering: [...draft.tampering],
});

export const leafOf = ({ path: [leaf] }: CaseDraft): Draft => present(leaf);
export const rootOf = ({ path }: CaseDraft): Draft => present(path[path.length - 1]);
export const casOf = ({ path }: CaseDraft): readonly Draft[] => path.slice(1);
export const intermediatesOf = ({ path }: CaseDraft): readonly Draft[] => path.slice(1, -1);

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a part of the case is missing');
  return value;
}
