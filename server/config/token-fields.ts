/** The keys of `server {}` and `experimental {}` about JWT-SVIDs and WIT-SVIDs. Called by server-fields. */
import { boolean, duration, listOf, oneOf, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, optional } from '../../shared/config/shape.ts';
import { KEY_TYPES, type KeyType } from '../../shared/crypto/signer.ts';
import { DEFAULT_JWT_SVID_TTL_SECONDS, type TokenConfig, WIT_SVID_TTL_SECONDS } from '../ca/token-config.ts';

/** SPIRE's names. What `forced_rotation` once turned on is always there. */
const FEATURE_FLAGS = ['wit-svid', 'forced_rotation'] as const;

/** The keys of `server {}`. */
export const jwtFields = (block: Block, caKeyType: KeyType): TokenConfig => ({
  defaultTtlSeconds: block.field(
    'default_jwt_svid_ttl',
    defaulting(duration(1), DEFAULT_JWT_SVID_TTL_SECONDS, {
      doc: 'lifetime of JWT-SVIDs whose entry names none',
      shown: '5m',
    }),
  ),
  issuer: block.field(
    'jwt_issuer',
    optional(text, 'issuer (`iss`) of JWT-SVIDs, for OIDC a URL; without it, they have none'),
  ),
  keyType: block.field('jwt_key_type', keyType('key that signs JWT-SVIDs')) ?? caKeyType,
  isEnabled: !block.field('disable_jwt_svids', defaulting(boolean, false, { doc: 'issue no JWT-SVIDs' })),
});

/** The keys of `experimental {}`. */
export const witFields = (block: Block, caKeyType: KeyType): TokenConfig => ({
  isEnabled: block
    .field(
      'feature_flags',
      defaulting(listOf(oneOf(FEATURE_FLAGS)), [], {
        doc: 'names of features to turn on: `wit-svid` issues WIT-SVIDs; `forced_rotation` is always on',
        shown: '',
      }),
    )
    .includes('wit-svid'),
  issuer: block.field(
    'wit_issuer',
    optional(text, 'issuer (`iss`) of WIT-SVIDs; without it, they have none'),
  ),
  keyType: block.field('wit_key_type', keyType('key that signs WIT-SVIDs')) ?? caKeyType,
  defaultTtlSeconds: WIT_SVID_TTL_SECONDS,
});

const keyType = (doc: string) => optional(oneOf(KEY_TYPES), `${doc}; without it, that of the CA`);
