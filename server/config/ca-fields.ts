/** The keys of `server {}` about the CA and lifetimes. */
import { formatDuration } from '../../shared/config/duration.ts';
import { duration, listOf, oneOf, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, optional, type Shape } from '../../shared/config/shape.ts';
import { KEY_TYPES } from '../../shared/crypto/signer.ts';
import { type CaConfig, type CaSubject, DEFAULT_CA_CONFIG } from '../ca/ca-config.ts';

export const caFields: Shape<CaConfig> = (block) => {
  const defaultX509SvidTtlSeconds = block.field(
    'default_x509_svid_ttl',
    defaulting(ttl, DEFAULT_CA_CONFIG.defaultX509SvidTtlSeconds, {
      doc: 'lifetime of X.509-SVIDs whose entry names none',
      shown: '1h',
    }),
  );
  const agentTtlSeconds = block.field(
    'agent_ttl',
    optional(ttl, "lifetime of agents' own SVIDs; without it, `default_x509_svid_ttl`"),
  );
  return {
    keyType: block.field(
      'ca_key_type',
      defaulting(oneOf(KEY_TYPES), DEFAULT_CA_CONFIG.keyType, { doc: 'key of the X.509 CA' }),
    ),
    ttlSeconds: block.field(
      'ca_ttl',
      defaulting(ttl, DEFAULT_CA_CONFIG.ttlSeconds, { doc: 'lifetime of a CA certificate', shown: '24h' }),
    ),
    subject: caSubject(block),
    defaultX509SvidTtlSeconds,
    agentTtlSeconds: agentTtlSeconds ?? defaultX509SvidTtlSeconds,
  };
};

const ttl = duration(1);

function caSubject(block: Block): CaSubject {
  const subject = block.block(
    'ca_subject',
    "the CA certificates' subject; without it, `C=US, O=SPIFFE`",
    (inner) => ({
      country: inner.field('country', defaulting(listOf(text), [], { doc: 'values of C', shown: '' })),
      organization: inner.field(
        'organization',
        defaulting(listOf(text), [], { doc: 'values of O', shown: '' }),
      ),
      commonName: inner.field('common_name', optional(text, 'value of CN')) ?? '',
    }),
  );
  return block.isSet('ca_subject') ? subject : DEFAULT_CA_CONFIG.subject;
}

/**
 * SPIRE's warning: an SVID never outlives what signed it, which serves until a sixth of its life (7 days at most) is left
 * (ca/rotation); keys of tokens live as long as a CA.
 */
export function warnWhenCapped(
  block: Block,
  ca: CaConfig & { readonly defaultJwtSvidTtlSeconds: number },
): void {
  const leastLeft = Math.min(ca.ttlSeconds / 6, 7 * 86_400);
  const capped = (key: string, seconds: number): void => {
    if (seconds <= leastLeft) return;
    block.warn(
      `"${key}" (${formatDuration(seconds)}) can be cut short by the end of the CA: at ca_ttl ${formatDuration(ca.ttlSeconds)} only ${formatDuration(leastLeft)} are sure`,
      key,
    );
  };
  capped('default_x509_svid_ttl', ca.defaultX509SvidTtlSeconds);
  capped('default_jwt_svid_ttl', ca.defaultJwtSvidTtlSeconds);
  if (ca.agentTtlSeconds !== ca.defaultX509SvidTtlSeconds) capped('agent_ttl', ca.agentTtlSeconds);
}
