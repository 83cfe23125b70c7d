import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEndpointAddress } from '../../../shared/client/endpoint-address.ts';
import { CodedError } from '../../../shared/errors.ts';

describe('a workload endpoint address (SPIFFE_Workload_Endpoint 4)', () => {
  for (const [text, path] of [
    ['unix:///run/a.sock', '/run/a.sock'],
    ['unix:/run/a.sock', '/run/a.sock'],
  ] as const) {
    it(`takes ${text}`, () => assert.deepEqual(parseEndpointAddress(text), { kind: 'unix', path }));
  }

  for (const text of ['tcp://1.2.3.4:5', 'tcp://[::1]:5']) {
    it(`takes ${text}`, () => {
      assert.deepEqual(parseEndpointAddress(text), { kind: 'tcp', hostPort: text.slice('tcp://'.length) });
    });
  }

  for (const text of [
    '',
    'unix:',
    'unix://',
    'unix:///',
    'unix://foo',
    'unix://auth/p',
    'unix:rel',
    'unix:///p?q',
    'unix:///p#f',
    'tcp://1.2.3.4',
    'tcp:1.2.3.4:5',
    'tcp://name:5',
    'tcp://1.2.3.4:5/',
    'tcp://u@1.2.3.4:5',
    'tcp://1.2.3.4:0',
    'tcp://1.2.3.4:65536',
    'tcp://1.2.3.4:5?q',
    'tcp://::1:5',
    'http://1.2.3.4:5',
    '/run/a.sock',
  ]) {
    it(`refuses "${text}"`, () => assert.throws(() => parseEndpointAddress(text), CodedError));
  }
});
