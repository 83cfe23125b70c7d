/** However a server reads a path that a rule allows, it comes to nothing outside the rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { authorizeAny, CodedError, SpiffeId } from '../../shared/client/index.ts';
import { pathSegments } from '../../shared/client/request-path.ts';
import { requestRules } from '../../shared/client/request-rules.ts';

const id = SpiffeId.parse('spiffe://example.org/web');
const check = requestRules([{ peers: authorizeAny, paths: ['/pub/x'] }]);
const DEPTH = 4;

function isAllowed(target: string): boolean {
  try {
    check({ id, method: 'GET', segments: pathSegments(target) });
    return true;
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return false;
  }
}

/** What some server or proxy does to a path before it looks at it. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) =>
    path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  },
  (path) => path.replaceAll('\\', '/'),
  (path) => path.normalize('NFKC'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/[;?#\0].*$/s, ''),
  (path) => path.replace(/\s+(?=\/|$)|(?<=\/)\s+/g, ''),
  (path) => path.replace(/\/+/g, '/'),
  withoutDots,
  (path) => new URL(path.replace(/^\/+/, '/'), 'http://host').pathname,
];

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

function readingsOf(target: string): ReadonlySet<string> {
  const all = new Set<string>();
  let fresh = target.split('?', 1);
  for (let depth = 0; depth < DEPTH; depth += 1) {
    fresh = fresh.flatMap((path) => READINGS.map((read) => read(path))).filter((path) => !all.has(path));
    for (const path of fresh) all.add(path);
  }
  return all;
}

const words = (text: string) => fc.constantFrom(...text.split(' '));
const slashes = words('/ / / // \\ %2f %5c %252f %255c %ef%bc%8f %00/');
const dots = words('. . %2e %252e %c0%ae %ef%bc%8e %e2%80%a5');
const tails = words('; ;a # %23 %3F ? %20 %00 %0a');
const segments = fc.oneof(
  fc
    .tuple(fc.oneof(fc.constant(''), fc.constant('%20')), dots, dots, fc.oneof(fc.constant(''), tails))
    .map((all) => all.join('')),
  words('a x pub admin X %70ub caf%c3%a9 .. . ... %25 %2541 a;b a:b @ ~'),
);
const steps = fc.array(fc.tuple(slashes, segments), { maxLength: 4 }).map((all) => all.flat().join(''));
const targets = fc.oneof(
  steps.map((all) => `/pub/x${all}`),
  steps.map((all) => `/pub${all}/x`),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/pub/x/${text}`),
);

test('a path that a rule allows is within the rule, however it is read', () => {
  let allowed = 0;
  fc.assert(
    fc.property(targets, (target) => {
      if (!isAllowed(target)) return;
      allowed += 1;
      for (const read of readingsOf(target)) {
        const path = withoutDots(read.replace(/\/+/g, '/'));
        assert.match(path, /^\/pub\/x(?:[/?#]|$)/, `${target} can be read as ${read}`);
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(allowed > 100, `only ${allowed} were allowed`);
});

test('every path of plain segments is allowed under its own prefix, and by a URL parser read as it is', () => {
  const segments = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(segments, (plain) => {
      const odd = plain.some(
        (each) => /[\p{Cc}/\\%.;\s]/u.test(each.normalize('NFKC')) || !each.isWellFormed(),
      );
      if (odd) return;
      const path = `/${plain.map(encodeURIComponent).join('/')}`;
      assert.deepEqual(pathSegments(path).map(decodeURIComponent), plain);
      assert.equal(new URL(path, 'http://host').pathname, path);
    }),
  );
});
