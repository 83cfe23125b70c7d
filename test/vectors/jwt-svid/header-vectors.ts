/** JWT-SVIDs of every algorithm, and with something wrong in their header or key. Read by generate.ts. */
import type { Vector } from './vector.ts';

const J = 'JWT-SVID';

const good: readonly Vector[] = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'].map(
  (alg) => ({
    name: `valid-${alg.toLowerCase()}`,
    expect: 'valid',
    comment: `signed with ${alg}`,
    source: `${J} 2.1`,
    header: { alg },
    keyOf: alg,
  }),
);

const algorithms: readonly Vector[] = [
  ['none', 'unsigned'],
  ['HS256', 'signed with the public key as a secret'],
  ['EdDSA', 'not on the list'],
  ['es256', 'case matters'],
].map(([alg = '', comment = '']) => ({
  name: `wrong-algorithm-${alg === 'es256' ? 'lower-case' : alg.toLowerCase()}`,
  expect: 'algorithm is not one that SVIDs are signed with',
  comment,
  source: `${J} 2.1`,
  header: { alg },
  signAs: alg === 'HS256' ? 'HS256' : 'ES256',
}));

const headers: readonly Vector[] = [
  {
    name: 'wrong-algorithm-missing',
    expect: 'algorithm is not one',
    comment: 'alg is required',
    source: `${J} 2.1`,
    header: { alg: undefined },
    signAs: 'ES256',
  },
  {
    name: 'wrong-algorithm-of-other-key',
    expect: 'algorithm RS256 does not fit a key of kind ec-p256',
    comment: "the key's own algorithm counts, not the token's",
    source: 'RFC 8725 3.1',
    header: { alg: 'RS256' },
    signAs: 'ES256',
  },
  {
    name: 'wrong-algorithm-of-other-curve',
    expect: 'algorithm ES384 does not fit a key of kind ec-p256',
    comment: 'each EC algorithm has one curve',
    source: 'RFC 7518 3.4',
    header: { alg: 'ES384' },
    signAs: 'ES256',
  },
  {
    name: 'wrong-no-key-id',
    expect: 'key id is missing',
    comment: 'no SDK takes a token without kid',
    source: `${J} 2.2`,
    header: { kid: undefined },
  },
  {
    name: 'wrong-key-id-is-number',
    expect: 'key id is missing',
    comment: 'kid is a text',
    source: 'RFC 7515 4.1.4',
    header: { kid: 1 },
  },
  {
    name: 'wrong-type',
    expect: 'type is neither',
    comment: 'a WIT-SVID is no JWT-SVID',
    source: `${J} 2.3`,
    header: { typ: 'wit+jwt' },
  },
  {
    name: 'wrong-more-headers',
    expect: 'header has members other than',
    comment: 'a key of its own choice',
    source: `${J} 2`,
    header: { jku: 'https://evil.example/keys' },
  },
  {
    name: 'wrong-critical-header',
    expect: 'header has members other than',
    comment: 'crit is none of the three',
    source: `${J} 2`,
    header: { crit: ['b64'], b64: false },
  },
];

const keys: readonly Vector[] = [
  {
    name: 'wrong-signature-by-other-key',
    expect: 'its signature is not valid',
    comment: 'another key under the same id',
    source: `${J} 6`,
    signer: 'other',
  },
  {
    name: 'wrong-key-id',
    expect: 'its key is not in the bundle',
    comment: 'a key that the bundle has not',
    source: `${J} 6`,
    header: { kid: 'other' },
  },
  {
    name: 'wrong-key-use',
    expect: 'its key is not in the bundle',
    comment: 'keys for WIT-SVIDs sign no JWT-SVIDs',
    source: `${J} 6`,
    use: 'wit-svid',
  },
  {
    name: 'wrong-bundle',
    expect: 'there is no bundle for trust domain "example.org"',
    comment: 'the bundle is that of another trust domain',
    source: `${J} 6`,
    bundle: 'other.org',
  },
  {
    name: 'wrong-signature-in-der',
    expect: 'its signature is not valid',
    comment: 'r and s stand side by side',
    source: 'RFC 7518 3.4',
    edit: (token) => {
      const at = token.lastIndexOf('.') + 1;
      const raw = Buffer.from(token.slice(at), 'base64url');
      const number = (bytes: Buffer) => Buffer.concat([Buffer.from([2, bytes.length + 1, 0]), bytes]);
      const both = Buffer.concat([number(raw.subarray(0, 32)), number(raw.subarray(32))]);
      return token.slice(0, at) + Buffer.concat([Buffer.from([0x30, both.length]), both]).toString('base64url');
    },
  },
  {
    name: 'wrong-signature-of-zeros',
    expect: 'its signature is not valid',
    comment: 'r and s are 0',
    source: 'CVE-2022-21449',
    edit: (token) => token.slice(0, token.lastIndexOf('.') + 1) + Buffer.alloc(64).toString('base64url'),
  },
];

export const headerVectors: readonly Vector[] = [...good, ...algorithms, ...headers, ...keys];
