/** Whatever is asked of the OIDC discovery provider, only what is configured is answered to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openidConfiguration } from '../../server/oidc/endpoints/openid-configuration.ts';
import { loadOidcConfig } from '../../server/oidc/config.ts';
import { parseHost, readTarget } from '../../server/oidc/listen/asked.ts';
import { ConfigFaults } from '../../shared/config/faults.ts';

const DOMAINS = ['oidc.example.org', 'b.example.org', 'localhost'];
const PREFIX = '/instance/1';

const hosts = fc.oneof(
  fc.constantFrom(...DOMAINS, 'OIDC.example.org', 'example.org', 'oidc.example.org.evil.net'),
  fc.string({ maxLength: 20 }),
  fc
    .tuple(
      fc.constantFrom(...DOMAINS, 'evil'),
      fc.constantFrom(':', ':1', ':443', ':99999', ':a', '/', '@', '#', '?'),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('evil', 'a@', 'http://'), fc.constantFrom(...DOMAINS))
    .map((parts) => parts.join('')),
);
const header = fc.option(hosts, { nil: undefined });
const paths = fc.oneof(
  fc.constantFrom('/keys', '/.well-known/openid-configuration', '/', '', '*', '//', '/..', '?', '#', '/%2e'),
  fc.string({ maxLength: 30 }),
);
const urls = fc.oneof(
  fc.array(paths, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('http://', 'HTTPS://'), hosts, paths).map((parts) => parts.join('')),
);

const asking = fc.record({ url: urls, host: header, forwarded: header, isTls: fc.boolean() });

test('a document names allowed hosts alone, and stays below its path', () => {
  const endpoint = openidConfiguration({
    domains: DOMAINS,
    issuer: undefined,
    jwksUri: undefined,
    pathPrefix: PREFIX,
    allowInsecureScheme: true,
  });
  fc.assert(
    fc.property(asking, ({ url, host, forwarded, isTls }) => {
      const headers = {
        ...(host === undefined ? {} : { host }),
        ...(forwarded === undefined ? {} : { 'x-forwarded-host': forwarded }),
      };
      const target = readTarget({ url, headers, headersDistinct: {} }, isTls);
      assert.ok(target !== undefined);
      assert.doesNotMatch(target.path, /[?#]/);
      const { status, body } = endpoint(target.asked);
      if (status !== 200) return assert.equal(status, 400);
      const { issuer, jwks_uri: keys } = JSON.parse(body) as { issuer: string; jwks_uri: string };
      const { hostname, pathname, protocol, username, search, hash } = new URL(issuer);
      assert.ok(DOMAINS.includes(hostname), hostname);
      assert.deepEqual([pathname, username, search, hash], [PREFIX, '', '', '']);
      assert.ok(protocol === 'https:' || (protocol === 'http:' && !isTls));
      assert.equal(keys, `${issuer}/keys`);
    }),
  );
});

test('a host is what the platform takes for one, and nothing around it', () => {
  fc.assert(
    fc.property(hosts, (text) => {
      const host = parseHost(text);
      if (host === undefined) return;
      assert.equal(`${host.domain}${host.port}`, text.toLowerCase());
      const url = URL.parse(`http://${text}/path`);
      if (url !== null) assert.equal(url.pathname, '/path');
    }),
  );
});

test('a path that is configured is one that can be asked for, as it is', () => {
  const path = fc.oneof(
    fc.array(fc.constantFrom('/', 'a', '.', '..', '%2f', '?', '#', '-', '~', 'B1'), { maxLength: 6 }),
    fc.array(fc.string({ maxLength: 2 }), { maxLength: 4 }),
  );
  fc.assert(
    fc.property(path, (parts) => {
      const prefix = parts.join('');
      const text = JSON.stringify({
        domains: ['a'],
        insecure_addr: ':1',
        file: { path: 'f' },
        server_path_prefix: prefix,
      });
      try {
        const { pathPrefix } = loadOidcConfig({ path: 'o', text }).config.document;
        const asked = `${pathPrefix}/keys`;
        assert.equal(new URL(`http://a${asked}`).pathname, asked);
        assert.equal(readTarget({ url: asked, headers: {}, headersDistinct: {} }, false)?.path, asked);
      } catch (error) {
        assert.ok(error instanceof ConfigFaults, String(error));
      }
    }),
  );
});
