/** JWT-SVIDs with something unusual or wrong in their claims. Read by generate.ts. */
import type { Vector } from './vector.ts';

const J = 'JWT-SVID';

const more: readonly Vector[] = [
  { name: 'valid-no-type', expect: 'valid', comment: 'typ is optional', source: `${J} 2.3`, header: { typ: undefined } },
  { name: 'valid-type-jose', expect: 'valid', comment: 'typ may be JOSE', source: `${J} 2.3`, header: { typ: 'JOSE' } },
  {
    name: 'valid-audience-is-text',
    expect: 'valid',
    comment: 'aud may be one text',
    source: 'RFC 7519 4.1.3',
    claims: { aud: 'service' },
  },
  {
    name: 'valid-more-claims',
    expect: 'valid',
    comment: 'other claims are allowed',
    source: `${J} 3`,
    claims: { iss: 'https://example.org', jti: 'x', nbf: 1_767_268_000, more: { a: [1] } },
  },
  {
    name: 'valid-fraction',
    expect: 'valid',
    comment: 'a time may have a fraction',
    source: 'RFC 7519 2',
    claims: { exp: 1_767_269_000.5 },
  },
  {
    name: 'valid-expired-within-leeway',
    expect: 'valid',
    comment: 'ended 59 s ago',
    source: `${J} A`,
    claims: { exp: 1_767_268_800 - 59 },
  },
];

const claims: readonly Vector[] = [
  {
    name: 'wrong-no-subject',
    expect: 'subject is missing',
    comment: 'sub is required',
    source: `${J} 3.1`,
    claims: { sub: undefined },
  },
  {
    name: 'wrong-subject',
    expect: 'subject is not a SPIFFE ID',
    comment: 'sub is a SPIFFE ID',
    source: `${J} 3.1`,
    claims: { sub: 'https://example.org/web' },
  },
  {
    name: 'wrong-subject-upper-case',
    expect: 'subject is not a SPIFFE ID',
    comment: 'trust domains are lower case',
    source: 'SPIFFE-ID 2.1',
    claims: { sub: 'spiffe://Example.org/web' },
  },
  {
    name: 'wrong-subject-of-other-trust-domain',
    expect: 'there is no bundle for trust domain "other.org"',
    comment: "a trust domain signs for its own IDs alone",
    source: `${J} 6`,
    claims: { sub: 'spiffe://other.org/web' },
  },
  {
    name: 'wrong-no-audience',
    expect: 'audience is missing',
    comment: 'aud is required',
    source: `${J} 3.2`,
    claims: { aud: undefined },
  },
  {
    name: 'wrong-empty-audience',
    expect: 'audience is missing',
    comment: 'at least one',
    source: `${J} 3.2`,
    claims: { aud: [] },
  },
  {
    name: 'wrong-audience-with-number',
    expect: 'audience is missing, or not a list of texts',
    comment: 'texts alone',
    source: 'RFC 7519 4.1.3',
    claims: { aud: ['service', 1] },
  },
  {
    name: 'wrong-audience-of-others',
    expect: 'it is for another audience',
    comment: 'none of the audiences is the verifier',
    source: `${J} 3.2`,
    claims: { aud: ['services', 'SERVICE', ''] },
  },
  {
    name: 'wrong-no-expiration',
    expect: 'expiration is missing',
    comment: 'exp is required',
    source: `${J} 3.3`,
    claims: { exp: undefined },
  },
  {
    name: 'wrong-expiration-is-text',
    expect: '"exp" is not a time',
    comment: 'a NumericDate is a number',
    source: 'RFC 7519 2',
    claims: { exp: '1767269100' },
  },
  {
    name: 'wrong-expiration-without-end',
    expect: '"exp" is not a time',
    comment: 'no date is that late',
    source: 'RFC 7519 2',
    claims: { exp: 1e300 },
  },
  {
    name: 'wrong-expired',
    expect: 'token has expired',
    comment: 'ended a minute ago: the leeway is over',
    source: `${J} 3.3`,
    claims: { exp: 1_767_268_800 - 60 },
  },
  {
    name: 'wrong-not-yet',
    expect: 'token is not valid yet',
    comment: 'begins in more than a minute',
    source: 'RFC 7519 4.1.5',
    claims: { nbf: 1_767_268_800 + 61 },
  },
  {
    name: 'wrong-issued-later',
    expect: 'token is not valid yet',
    comment: 'issued in more than a minute, as go-spiffe sees it',
    source: 'RFC 7519 4.1.6',
    claims: { iat: 1_767_268_800 + 61 },
  },
];

export const claimVectors: readonly Vector[] = [...more, ...claims];
