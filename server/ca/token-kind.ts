/** The keys that sign JWT-SVIDs and WIT-SVIDs: two kinds of authority that differ in their names alone. Made by ca/local-authorities. */
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import { addSeconds, toSeconds } from '../../shared/clock.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import type { Random } from '../../shared/random.ts';
import { tokenAuthorities } from '../bundle/change-authorities.ts';
import type { Authority } from './authorities.ts';
import type { AuthorityKind, Dormant, NewKey } from './authority-kind.ts';
import { BACKDATE_SECONDS } from './ca-config.ts';
import type { TokenKeyEntry } from './journal.ts';
import { newKeyId } from './key-id.ts';

export interface TokenKindNeeds {
  readonly name: 'JWT' | 'WIT';
  readonly keyType: KeyType;
  readonly ttlSeconds: number;
  readonly random: Random;
}

export function tokenKind({ name, keyType, ttlSeconds, random }: TokenKindNeeds): AuthorityKind<Authority> {
  const field = name === 'JWT' ? 'jwt' : 'wit';
  return {
    name,
    keyType,
    ttlSeconds,
    hasUpstream: false,
    keyIdOf: (slot) => `${name}-Signer-${slot}`,
    make: async (key) => newAuthority(key, newKeyId(random), ttlSeconds),
    journaled: (journal) => journal[field].map(dormant),
    journalWith: (journal, { all }) => ({ ...journal, [field]: all.map(toEntry) }),
    toPublish: (all) => ({ [field]: all.map(toPublished) }),
    heldIn: (bundle, authority) => heldKeys(bundle, name).find((held) => isSameKey(held, authority)),
    countIn: (bundle) => heldKeys(bundle, name).length,
    whyNotRevoked: (authorityId, { active, standby }, bundle) => {
      if (authorityId === standby?.authorityId)
        return standby.status === 'PREPARED' ? 'unable to use a prepared key' : undefined;
      if (authorityId === active?.authorityId) return 'unable to use current authority';
      const isHeld = heldKeys(bundle, name).some(({ keyId }) => keyId === authorityId);
      return isHeld ? undefined : `no ${name} authority found with provided authority ID`;
    },
  };
}

/** The end is a whole second: the bundle and the journal say no more. */
const newAuthority = ({ slot, signer, now }: NewKey, keyId: string, ttlSeconds: number): Authority => ({
  slot,
  status: 'PREPARED',
  authorityId: keyId,
  signer,
  issuedAt: now,
  validFrom: addSeconds(now, -BACKDATE_SECONDS),
  expiresAt: toSeconds(addSeconds(now, ttlSeconds)),
  publishedAt: undefined,
});

const dormant = (entry: TokenKeyEntry): Dormant<Authority> => ({
  slot: entry.slot,
  status: entry.status,
  restore: (signer) => {
    if (!bytesEqual(entry.publicKey, signer.publicKey)) throw new Error('its key was replaced');
    const { slot, status, issuedAt, expiresAt, keyId: authorityId } = entry;
    const validFrom = addSeconds(issuedAt, -BACKDATE_SECONDS);
    return { slot, status, authorityId, signer, issuedAt, validFrom, expiresAt, publishedAt: undefined };
  },
});

const toEntry = ({ slot, status, issuedAt, expiresAt, authorityId, signer }: Authority): TokenKeyEntry => ({
  slot,
  status,
  issuedAt,
  expiresAt,
  keyId: authorityId,
  publicKey: signer.publicKey,
});

const toPublished = ({ authorityId, signer, expiresAt }: Authority): TokenAuthority => ({
  keyId: authorityId,
  publicKey: signer.publicKey,
  expiresAt,
  tainted: false,
});

const heldKeys = (bundle: Bundle | undefined, name: TokenKindNeeds['name']): readonly TokenAuthority[] =>
  bundle === undefined ? [] : tokenAuthorities(bundle, name);

const isSameKey = (held: TokenAuthority, { authorityId, signer }: Authority): boolean =>
  held.keyId === authorityId && bytesEqual(held.publicKey, signer.publicKey);
