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

/**
 * For a server that the whole web may ask (server/oidc): TLS 1.2 too, which relying parties still speak, with forward
 * secrecy and authenticated encryption alone (RFC 9325 4.2).
 */
export const WEB_TLS = {
  minVersion: 'TLSv1.2',
  ecdhCurve: GROUPS,
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  ALPNProtocols: ['http/1.1'],
} as const;
