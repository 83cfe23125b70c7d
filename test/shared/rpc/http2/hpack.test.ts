import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { decodeHeaders, encodeHeaders } from '../../../../shared/rpc/http2/hpack.ts';
import { decodeHuffman } from '../../../../shared/rpc/http2/huffman.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a Huffman-coded text', () => {
  // RFC 7541 C.4 and C.6
  const vectors: readonly (readonly [coded: string, text: string])[] = [
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['25a8 49e9 5ba9 7d7f', 'custom-key'],
    ['25a8 49e9 5bb8 e8b4 bf', 'custom-value'],
    ['6402', '302'],
    ['aec3 771a 4b', 'private'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3', 'https://www.example.com'],
    ['', ''],
  ];
  for (const [coded, text] of vectors)
    it(`is read as "${text}"`, () => assert.equal(decodeHuffman(hex(coded)), text));

  const wrong: Readonly<Record<string, string>> = {
    'ends with zeros (5.2)': 'aec3 771a 48',
    'has a whole byte of padding (5.2)': '6402 ff',
    'holds the end in its middle (5.2)': 'ffff ffff 64',
    'is cut off within a code': 'ffff',
  };
  for (const [what, coded] of Object.entries(wrong))
    it(`is refused when it ${what}`, () =>
      assert.throws(() => decodeHuffman(hex(coded)), { code: Code.internal }));
});

describe('a block of headers', () => {
  it('comes back as it was written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    const value = fc.oneof(fc.stringMatching(/^[\x20-\x7e]{0,40}$/), fc.constant('v'.repeat(5_000)));
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        assert.deepEqual({ ...decodeHeaders(encodeHeaders(headers)) }, { ...headers });
      }),
    );
  });

  // RFC 7541 C.2 and C.4.1, appendix A
  const vectors: readonly (readonly [what: string, block: string, headers: Record<string, string>])[] = [
    ['a literal that is to be indexed', '400a 6375 7374 6f6d 2d6b 6579 0161', { 'custom-key': 'a' }],
    [
      'a literal with the name of an entry',
      '040c 2f73 616d 706c 652f 7061 7468',
      { ':path': '/sample/path' },
    ],
    ['a literal that is never indexed', '1008 7061 7373 776f 7264 0673 6563 7265 74', { password: 'secret' }],
    ['an entry as it is', '88', { ':status': '200' }],
    ['a Huffman-coded value', '418c f1e3 c2e5 f23a 6ba0 ab90 f4ff', { ':authority': 'www.example.com' }],
    ['the last entry', '7d01 78', { 'www-authenticate': 'x' }],
    ['a table of no size, as was asked for', '20 88', { ':status': '200' }],
    [
      'a name that every object has',
      '0009 5f5f 7072 6f74 6f5f 5f01 61',
      Object.fromEntries([['__proto__', 'a']]),
    ],
  ];
  for (const [what, block, headers] of vectors)
    it(`may hold ${what}`, () => assert.deepEqual({ ...decodeHeaders(hex(block)) }, headers));

  const wrong: Readonly<Record<string, string>> = {
    'a table of some size': '3fe1 1f',
    'what was remembered': 'be',
    'the entry 0': '80',
    'a name that was remembered': '7e 01 78',
    'a text that is cut off': '0005 6162',
    'a number that is cut off': '00 7f',
    'a number without end': '00 7f ff ff ff ff ff ff ff 01',
    'a literal without a value': '0001 61',
  };
  for (const [what, block] of Object.entries(wrong))
    it(`is refused with ${what}`, () =>
      assert.throws(() => decodeHeaders(hex(block)), { code: Code.internal }));
});

test('any bytes are headers or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeHeaders(bytes);
      } catch (error) {
        assert.ok(error instanceof CodedError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
