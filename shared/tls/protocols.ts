/** TLS versions, groups and protocol names that we speak. */
import { constants } from 'node:crypto';

/** Post-quantum hybrid first; the classical groups for peers that lack it. */
const GROUPS = 'X25519MLKEM768:X25519:P-256:P-384';
/** With require_pq_kem: hybrids only. */
const PQ_GROUPS = 'X25519MLKEM768:SecP256r1MLKEM768:SecP384r1MLKEM1024';

/**
 * Options of every TLS context, client or server. No tickets: a resumed session presents no certificate.
 *
 * DIVERGES: SPIRE takes TLS 1.2 too. All of its agents of today speak 1.3, which alone has a post-quantum key exchange.
 */
export const tlsOptions = (requirePqKem: boolean) =>
  ({
    minVersion: 'TLSv1.3',
    ecdhCurve: requirePqKem ? PQ_GROUPS : GROUPS,
    secureOptions: constants.SSL_OP_NO_TICKET,
  }) as const;

/** Negotiated between our agents and our servers: the connection lives until the agent's SVID rotates. */
export const LONG_LIVED = 'writ-h2';
export const H2 = 'h2';
