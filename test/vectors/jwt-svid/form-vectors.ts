/** Texts that are no compact JWS, or another than was signed. Read by generate.ts. */
import type { Vector } from './vector.ts';

const J = 'JWT-SVID';

export const formVectors: readonly Vector[] = [
  {
    name: 'wrong-no-signature',
    expect: 'signature of the token is not base64url',
    comment: 'an empty signature',
    source: 'RFC 8725 3.2',
    edit: (token) => token.slice(0, token.lastIndexOf('.') + 1),
  },
  {
    name: 'wrong-two-parts',
    expect: 'token does not have three parts',
    comment: 'no signature at all',
    source: 'RFC 7515 7.1',
    edit: (token) => token.slice(0, token.lastIndexOf('.')),
  },
  {
    name: 'wrong-five-parts',
    expect: 'token does not have three parts',
    comment: 'an encrypted token',
    source: `${J} 1`,
    edit: (token) => `${token}.AA.AA`,
  },
  {
    name: 'wrong-json-serialization',
    expect: 'token does not have three parts',
    comment: 'the JSON form of a JWS',
    source: `${J} 1`,
    edit: (token) => {
      const [header = '', payload = '', signature = ''] = token.split('.');
      return JSON.stringify({ payload, protected: header, signature });
    },
  },
  {
    name: 'wrong-padding',
    expect: 'is not base64url',
    comment: 'base64url has no padding here',
    source: 'RFC 7515 2',
    edit: (token) => `${token}==`,
  },
  {
    name: 'wrong-base64',
    expect: 'is not base64url',
    comment: "base64's own characters",
    source: 'RFC 7515 2',
    edit: (token) => token.replace(/\.[^.]*$/, `.${'+/'.repeat(43)}`),
  },
  {
    name: 'wrong-left-over-bits',
    expect: 'signature of the token is not base64url',
    comment: 'another spelling of the same bytes',
    source: 'RFC 4648 3.5',
    edit: (token) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = alphabet.indexOf(token.at(-1) ?? '');
      return token.slice(0, -1) + (alphabet[last | 1] ?? '');
    },
  },
  {
    name: 'wrong-space-after',
    expect: 'signature of the token is not base64url',
    comment: 'a space at its end',
    source: 'RFC 7515 7.1',
    edit: (token) => `${token} `,
  },
  {
    name: 'wrong-claims-changed',
    expect: 'its signature is not valid',
    comment: 'another subject than was signed',
    source: 'RFC 7515 5.2',
    edit: (token) => {
      const [header = '', payload = '', signature = ''] = token.split('.');
      const text = Buffer.from(payload, 'base64url').toString().replace('/web', '/adm');
      return [header, Buffer.from(text).toString('base64url'), signature].join('.');
    },
  },
  {
    name: 'wrong-payload-is-list',
    expect: 'payload of the token is not a JSON object',
    comment: 'claims are an object',
    source: 'RFC 7519 4',
    edit: (token) => token.replace(/\.[^.]*\./, `.${Buffer.from('[]').toString('base64url')}.`),
  },
  {
    name: 'wrong-payload-is-no-json',
    expect: 'payload of the token is not JSON',
    comment: 'no JSON',
    source: 'RFC 7519 7.2',
    edit: (token) => token.replace(/\.[^.]*\./, `.${Buffer.from('{"sub":').toString('base64url')}.`),
  },
  {
    name: 'wrong-payload-is-no-utf8',
    expect: 'payload of the token is not JSON',
    comment: 'a byte that is no UTF-8',
    source: 'RFC 7519 7.2',
    edit: (token) =>
      token.replace(/\.[^.]*\./, `.${Buffer.from('{"sub":"\u00ff"}', 'latin1').toString('base64url')}.`),
  },
];
