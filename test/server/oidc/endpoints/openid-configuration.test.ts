import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Asked } from '../../../../server/oidc/endpoints/answer.ts';
import {
  openidConfiguration,
  type OpenidConfigurationNeeds,
} from '../../../../server/oidc/endpoints/openid-configuration.ts';

const NEEDS: OpenidConfigurationNeeds = {
  domains: ['a.example.org', 'localhost'],
  issuer: undefined,
  jwksUri: undefined,
  pathPrefix: '',
  allowInsecureScheme: false,
};
const ASKED: Asked = {
  host: { domain: 'a.example.org', port: '' },
  isSecure: false,
  ifModifiedSince: undefined,
};

const answer = (needs: Partial<OpenidConfigurationNeeds> = {}, asked: Partial<Asked> = {}) =>
  openidConfiguration({ ...NEEDS, ...needs })({ ...ASKED, ...asked });

describe('the discovery document', () => {
  it('is what SPIRE serves, to the letter', () => {
    const { status, headers, body } = answer();
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['cache-control'], 'no-cache, no-store, must-revalidate');
    assert.equal(
      body,
      `{
  "issuer": "https://a.example.org",
  "jwks_uri": "https://a.example.org/keys",
  "authorization_endpoint": "",
  "response_types_supported": [
    "id_token"
  ],
  "subject_types_supported": [
    "public"
  ],
  "id_token_signing_alg_values_supported": [
    "RS256",
    "ES256",
    "ES384"
  ]
}`,
    );
  });

  const tables: readonly (readonly [
    what: string,
    Partial<OpenidConfigurationNeeds>,
    Partial<Asked>,
    issuer: string,
    jwksUri: string,
  ])[] = [
    [
      'the port that was asked',
      {},
      { host: { domain: 'localhost', port: ':8443' } },
      'https://localhost:8443',
      'https://localhost:8443/keys',
    ],
    [
      'the path that it is below',
      { pathPrefix: '/instance/1' },
      {},
      'https://a.example.org/instance/1',
      'https://a.example.org/instance/1/keys',
    ],
    [
      'the issuer that is given, letter by letter, and keys at the host that was asked',
      { issuer: 'https://B.example.org/x/', pathPrefix: '/p' },
      {},
      'https://B.example.org/x/',
      'https://a.example.org/p/keys',
    ],
    [
      'the URL of the keys that is given',
      { jwksUri: 'https://cdn.example.org/k' },
      {},
      'https://a.example.org',
      'https://cdn.example.org/k',
    ],
    ['HTTPS, though it was asked without', {}, {}, 'https://a.example.org', 'https://a.example.org/keys'],
    [
      'HTTP, where that is allowed',
      { allowInsecureScheme: true },
      {},
      'http://a.example.org',
      'http://a.example.org/keys',
    ],
    [
      'HTTPS, where HTTP is allowed and the client did not use it',
      { allowInsecureScheme: true },
      { isSecure: true },
      'https://a.example.org',
      'https://a.example.org/keys',
    ],
  ];
  for (const [what, needs, asked, issuer, jwksUri] of tables)
    it(`names ${what}`, () => {
      const document = JSON.parse(answer(needs, asked).body) as Record<string, unknown>;
      assert.deepEqual([document['issuer'], document['jwks_uri']], [issuer, jwksUri]);
    });

  it('is refused to other domains, an issuer of its own or not', () => {
    for (const domain of ['b.example.org', 'example.org', 'x.a.example.org', 'a.example.org.', '']) {
      for (const needs of [{}, { issuer: 'https://a.example.org' }]) {
        const { status, body, headers } = answer(needs, { host: { domain, port: '' } });
        assert.deepEqual([status, body], [400, `domain "${domain}" is not allowed\n`]);
        assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
      }
    }
    assert.equal(answer({}, { host: undefined }).status, 400);
  });
});
