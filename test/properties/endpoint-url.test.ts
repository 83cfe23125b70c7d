import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkEndpointUrl } from '../../server/federation/check-endpoint-url.ts';
import { Code, CodedError } from '../../shared/errors.ts';

function isTaken(text: string): boolean {
  try {
    assert.equal(checkEndpointUrl(text), text);
    return true;
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === Code.invalidArgument, String(error));
    assert.ok(!error.message.includes('secret'), 'what is refused is not told');
    return false;
  }
}

const near = fc
  .array(
    fc.oneof(
      fc.constantFrom('https', 'HTTPS', 'http', ':', '//', '/', '\\', '@', '?', '#', '[', ']', '%', '.', ' '),
      fc.constantFrom('a.org', 'b.org:443', '[::1]', ':0', '65536', 'user:secret', '\t', 'ü', '%2f', '%40'),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

test('an endpoint URL leads to one host for every reader, or is refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        near,
        near.map((rest) => `https://${rest}`),
        fc.webUrl(),
      ),
      (text) => {
        if (!isTaken(text)) return;
        const url = URL.parse(text);
        assert.ok(url !== null);
        assert.equal(url.protocol, 'https:');
        assert.deepEqual([url.username, url.password], ['', '']);
        // What others find: all between the slashes and the next sign that ends it.
        const authority = text.slice('https://'.length).split(/[/?#]/)[0] ?? '';
        assert.ok(authority !== '' && !authority.includes('@'));
        assert.equal(URL.parse(`https://${authority}/`)?.host, url.host);
      },
    ),
  );
});

test('URLs of Web servers are taken', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }), (text) => {
      assert.equal(isTaken(text), text.length <= 2_048);
    }),
  );
});
