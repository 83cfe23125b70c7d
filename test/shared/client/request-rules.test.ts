/** Which request targets have a path that rules are compared with, and who may ask for what. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorizeAny, authorizeId, type RequestRule, SpiffeId } from '../../../shared/client/index.ts';
import { pathSegments } from '../../../shared/client/request-path.ts';
import { requestRules } from '../../../shared/client/request-rules.ts';

const PATHS: readonly (readonly [string, readonly string[]])[] = [
  ['/', []],
  ['/?q=/../x', []],
  ['/orders', ['orders']],
  ['/orders/', ['orders']],
  ['/orders/7?all=%2F..', ['orders', '7']],
  ['/a.b/..c/d..', ['a.b', '..c', 'd..']],
  ['/...', ['...']],
  ["/a;b=c/@:!$&'()*+,=~_-", ['a;b=c', "@:!$&'()*+,=~_-"]],
  ['/caf%c3%a9/a%20b', ['caf%C3%A9', 'a%20b']],
  ['/100%25', ['100%25']],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /does not begin with a slash/],
  ['*', /does not begin with a slash/],
  ['orders', /does not begin with a slash/],
  ['http://host/orders', /does not begin with a slash/],
  ['host:443', /does not begin with a slash/],
  ['?/orders', /does not begin with a slash/],
  ['//', /empty segment/],
  ['//orders', /empty segment/],
  ['/orders//7', /empty segment/],
  ['/orders//', /empty segment/],
  ['/.', /dot segment/],
  ['/public/..', /dot segment/],
  ['/public/../admin', /dot segment/],
  ['/public/./admin', /dot segment/],
  ['/public/..;/admin', /dot segment/],
  ['/public/..;a=b/admin', /dot segment/],
  ['/public/%20../admin', /dot segment/],
  ['/public/..%23', /dot segment/],
  ['/public/..%3Fa', /dot segment/],
  ['/public/..%20/admin', /dot segment/],
  ['/public/%E2%80%A5/admin', /dot segment/], // two dot leader
  ['/public/%EF%BC%8E%EF%BC%8E/admin', /dot segment/], // full width
  ['/public/%2e%2e/admin', /needs no encoding/],
  ['/public/%2E./admin', /needs no encoding/],
  ['/%61dmin', /needs no encoding/],
  ['/public%2f..%2fadmin', /slash, a backslash or a control/],
  ['/public%2Fadmin', /slash, a backslash or a control/],
  ['/public/..%5cadmin', /slash, a backslash or a control/],
  ['/public/%EF%BC%8Fadmin', /slash, a backslash or a control/], // full width
  ['/public%00/admin', /slash, a backslash or a control/],
  ['/public%0d%0a', /slash, a backslash or a control/],
  ['/public/..\\admin', /a character that a path cannot have/],
  ['/public#/../admin', /a character that a path cannot have/],
  ['/public /admin', /a character that a path cannot have/],
  ['/public\u0000', /a character that a path cannot have/],
  ['/caf\u00e9', /a character that a path cannot have/],
  ['/public/%', /a character that a path cannot have/],
  ['/public/%zz', /a character that a path cannot have/],
  ['/public/%u002e', /a character that a path cannot have/],
  ['/public/%252e%252e/admin', /encoded twice/],
  ['/public/%25%32%65', /needs no encoding/],
  ['/public/%c0%ae%c0%ae/admin', /not UTF-8/],
  ['/public/%ff', /not UTF-8/],
  [`/${'a'.repeat(8_192)}`, /longer than/],
];

const web = SpiffeId.parse('spiffe://example.org/web');
const till = SpiffeId.parse('spiffe://example.org/till');

describe('the path of a request', () => {
  for (const [target, segments] of PATHS)
    it(`is read from ${target}`, () => assert.deepEqual(pathSegments(target), segments));

  for (const [target, says] of REFUSED)
    it(`is refused where it could be read as another: ${JSON.stringify(target.slice(0, 40))}`, () =>
      assert.throws(() => pathSegments(target), says));
});

describe('rules for requests', () => {
  const check = requestRules([
    { peers: authorizeId(web), methods: ['GET'], paths: ['/orders', '/prices'] },
    { peers: authorizeId(till), paths: ['/orders'] },
    { peers: authorizeId(till), methods: ['POST'], paths: ['/till/%2B1'] },
    { peers: authorizeAny, methods: ['GET', 'OPTIONS'], paths: ['/about'] },
  ]);
  const may = (id: SpiffeId, method: string, target: string): boolean => {
    try {
      check({ id, method, segments: pathSegments(target) });
      return true;
    } catch {
      return false;
    }
  };

  const cases: readonly (readonly [SpiffeId, string, string, boolean])[] = [
    [web, 'GET', '/orders', true],
    [web, 'GET', '/orders/7', true],
    [web, 'HEAD', '/prices/', true],
    [web, 'POST', '/orders', false],
    [web, 'get', '/orders', false],
    [web, 'GET', '/orders2', false],
    [web, 'GET', '/order', false],
    [web, 'GET', '/Orders', false],
    [web, 'GET', '/', false],
    [web, 'GET', '/x/orders', false],
    [till, 'DELETE', '/orders/7', true],
    [till, 'GET', '/prices', false],
    [till, 'POST', '/till/%2b1/x', true],
    [till, 'POST', '/till/+1', false],
    [till, 'HEAD', '/till/%2B1', false],
    [SpiffeId.parse('spiffe://a.test/x'), 'OPTIONS', '/about', true],
    [SpiffeId.parse('spiffe://a.test/web'), 'GET', '/orders', false],
  ];
  for (const [id, method, target, allowed] of cases)
    it(`${allowed ? 'let' : 'do not let'} ${id} ${method} ${target}`, () =>
      assert.equal(may(id, method, target), allowed));

  it('let nobody do anything when there are none, and everything below "/"', () => {
    assert.throws(() => requestRules([])({ id: web, method: 'GET', segments: [] }), /no rule lets/);
    requestRules([{ peers: authorizeAny, paths: ['/'] }])({ id: web, method: 'PUT', segments: ['a', 'b'] });
  });

  it('pass on what an authorizer throws that is no verdict, whatever follows', () => {
    const peers = (): void => {
      throw new TypeError('a mistake');
    };
    const broken = requestRules([
      { peers, paths: ['/a'] },
      { peers: authorizeAny, paths: ['/'] },
    ]);
    assert.throws(() => broken({ id: web, method: 'GET', segments: ['a'] }), /a mistake/);
  });

  const wrong: readonly (readonly [Partial<RequestRule>, RegExp])[] = [
    [{ paths: [] }, /without paths/],
    [{ methods: [] }, /without methods/],
    [{ paths: ['orders'] }, /begin with a slash/],
    [{ paths: ['/orders/'] }, /ends with a slash/],
    [{ paths: ['/orders/*'] }, /prefix already/],
    [{ paths: ['/orders?a'] }, /has a query/],
    [{ paths: ['/a/../b'] }, /dot segment/],
    [{ paths: ['/%61'] }, /needs no encoding/],
    [{ paths: [''] }, /begin with a slash/],
    [{ methods: ['get'] }, /write it as in GET/],
    [{ methods: ['*'] }, /write it as in GET/],
  ];
  for (const [rule, says] of wrong)
    it(`are refused when they are made where they will not do: ${JSON.stringify(rule)}`, () =>
      assert.throws(() => requestRules([{ peers: authorizeAny, paths: ['/'], ...rule }]), says));
});
