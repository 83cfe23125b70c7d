import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { parseHost, readTarget } from '../../../../server/oidc/listen/asked.ts';

const read = (url: string, headers: IncomingHttpHeaders = {}, isTls = false) =>
  readTarget(
    { url, headers, headersDistinct: headers.host === undefined ? {} : { host: [headers.host] } },
    isTls,
  );
const hostOf = (headers: IncomingHttpHeaders, url = '/keys') => {
  const host = read(url, headers)?.asked.host;
  return host === undefined ? undefined : `${host.domain}${host.port}`;
};

describe('what a request asks for', () => {
  const paths: readonly (readonly [string, string])[] = [
    ['/keys', '/keys'],
    ['/keys?a=/x', '/keys'],
    ['/keys#a', '/keys'],
    ['/a/../keys', '/a/../keys'],
    ['/%6beys', '/%6beys'],
    ['//keys', '//keys'],
    ['http://a.example.org/keys?x', '/keys'],
    ['HTTPS://a.example.org', '/'],
    ['*', '*'],
    ['', '/'],
  ];
  for (const [url, path] of paths)
    it(`is the path ${path} in "${url}"`, () => assert.equal(read(url)?.path, path));

  const hosts: readonly (readonly [string, IncomingHttpHeaders, string | undefined, string?])[] = [
    ['the Host header', { host: 'a.org' }, 'a.org'],
    ['its port too', { host: 'a.org:8443' }, 'a.org:8443'],
    ['in lower case', { host: 'A.Org' }, 'a.org'],
    ['a proxy that passes another on', { host: 'inside', 'x-forwarded-host': 'a.org' }, 'a.org'],
    ['the first of several proxies', { host: 'inside', 'x-forwarded-host': 'a.org, b.org' }, 'a.org'],
    ['no proxy that says nothing', { host: 'a.org', 'x-forwarded-host': '' }, 'a.org'],
    ['the target where that names one', { host: 'b.org' }, 'a.org', 'http://a.org/keys'],
    ['nothing where there is none', {}, undefined],
    ['nothing where the proxy says no host', { host: 'a.org', 'x-forwarded-host': 'a b' }, undefined],
  ];
  for (const [what, headers, expected, url] of hosts)
    it(`names its host by ${what}`, () => assert.equal(hostOf(headers, url), expected));

  for (const text of [
    'a.org:',
    'a.org:x',
    'a.org:123456',
    'a.org/b',
    'user@a.org',
    '[::1]',
    '',
    'a\u0000',
    'ä.org',
  ])
    it(`takes ${JSON.stringify(text)} for no host`, () => assert.equal(parseHost(text), undefined));
  it('takes no host that is longer than names can be', () => {
    assert.equal(parseHost('a'.repeat(260)), undefined);
  });

  const schemes: readonly (readonly [IncomingHttpHeaders, boolean, boolean])[] = [
    [{}, false, false],
    [{}, true, true],
    [{ 'x-forwarded-proto': 'HTTPS' }, false, true],
    [{ 'x-forwarded-proto': 'http', 'x-forwarded-scheme': 'https' }, false, false],
    [{ 'x-forwarded-scheme': 'https' }, false, true],
    [{ forwarded: 'for=1.2.3.4;proto=https' }, false, true],
    [{ forwarded: 'for=1.2.3.4; host="a"; Proto="https"' }, false, true],
    [{ forwarded: 'for=noproto=https' }, false, false],
  ];
  for (const [headers, isTls, expected] of schemes)
    it(`came by HTTPS: ${expected}, with ${JSON.stringify(headers)}, TLS ${isTls}`, () =>
      assert.equal(read('/', headers, isTls)?.asked.isSecure, expected));

  it('may name what the client has', () => {
    const at = (text: string) =>
      read('/', { 'if-modified-since': text })?.asked.ifModifiedSince?.toISOString();
    assert.equal(at('Thu, 01 Jan 2026 00:00:00 GMT'), '2026-01-01T00:00:00.000Z');
    assert.equal(at('yesterday'), undefined);
  });

  it('is nobody knows what, with two hosts', () => {
    const headersDistinct = { host: ['a.org', 'b.org'] };
    assert.equal(readTarget({ url: '/', headers: { host: 'a.org' }, headersDistinct }, false), undefined);
  });
});
