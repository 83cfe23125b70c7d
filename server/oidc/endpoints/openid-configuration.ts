/** GET /.well-known/openid-configuration (OpenID Connect Discovery 1.0, 3): who issues, and where the keys are. */
import type { DocumentConfig, OidcConfig } from '../config.ts';
import { type Endpoint, type Host, jsonBody, NOT_KEPT, plainAnswer } from './answer.ts';

export type OpenidConfigurationNeeds = Pick<DocumentConfig, 'domains' | 'issuer' | 'jwksUri' | 'pathPrefix'> &
  Pick<OidcConfig, 'allowInsecureScheme'>;

export function openidConfiguration(needs: OpenidConfigurationNeeds): Endpoint {
  const domains = new Set(needs.domains);
  return ({ host, isSecure }) => {
    if (host === undefined || !domains.has(host.domain)) return plainAnswer(400, notAllowed(host));
    const scheme = needs.allowInsecureScheme && !isSecure ? 'http' : 'https';
    const base = `${scheme}://${host.domain}${host.port}${needs.pathPrefix}`;
    return {
      status: 200,
      headers: { 'content-type': 'application/json', ...NOT_KEPT },
      body: jsonBody(documentOf(needs.issuer ?? base, needs.jwksUri ?? `${base}/keys`)),
    };
  };
}

const notAllowed = (host: Host | undefined): string =>
  host === undefined ? 'the request names no host' : `domain ${JSON.stringify(host.domain)} is not allowed`;

/** In SPIRE's order; there is nowhere to sign in, which SPIRE says with an empty endpoint. */
const documentOf = (issuer: string, jwksUri: string): object => ({
  issuer,
  jwks_uri: jwksUri,
  authorization_endpoint: '',
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256', 'ES384'],
});
