import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEndpointAddress } from '../../../shared/client/endpoint-address.ts';
import { Code, CodedError, messageOf } from '../../../shared/errors.ts';

const LONG = `/${'p'.repeat(106)}`;

describe('a workload endpoint address (SPIFFE_Workload_Endpoint 4)', () => {
  for (const [text, path] of [
    ['unix:///run/a.sock', '/run/a.sock'],
    ['unix:/run/a.sock', '/run/a.sock'],
    ['UNIX:///run/a.sock', '/run/a.sock'],
    ['unix:////run/a.sock', '//run/a.sock'],
    ['unix:///run/@a:b!$&', '/run/@a:b!$&'],
    ['unix:///läuft/ä.sock', '/läuft/ä.sock'],
    [`unix://${LONG}`, LONG],
  ] as const) {
    it(`takes ${text}`, () => assert.deepEqual(parseEndpointAddress(text), { kind: 'unix', path }));
  }

  for (const text of ['tcp://1.2.3.4:5', 'tcp://[::1]:5', 'tcp://[2001:db8::1.2.3.4]:65535']) {
    it(`takes ${text}`, () => {
      assert.deepEqual(parseEndpointAddress(text), { kind: 'tcp', hostPort: text.slice('tcp://'.length) });
    });
  }

  for (const [text, says] of [
    ['', /is empty.*unix:\/\/\/run/],
    ['/run/a.sock', /bare path: write unix:\/\/\/run\/a\.sock$/],
    ['run/a.sock', /no scheme/],
    ['http://1.2.3.4:5', /scheme "http": there are only unix and tcp/],
    ['npipe:spire', /scheme "npipe"/],
    ['unix', /no scheme/],
    ['unix:', /path is missing/],
    ['unix://', /path is missing/],
    ['unix:///', /path is missing/],
    ['unix:/', /path is missing/],
    ['unix://foo', /authority.*three slashes/],
    ['unix://auth/p', /authority.*three slashes/],
    ['unix:rel', /not absolute: write unix:\/\/\/path/],
    ['unix:///p?q', /query or fragment/],
    ['unix:///p#f', /query or fragment/],
    ['unix:///p%20q', /% in its path/],
    [`unix://${LONG}q`, /more than 107 bytes/],
    ['unix:///p q', /space or control/],
    ['unix:///p\n', /space or control/],
    ['unix:///p\0q', /space or control/],
    [' unix:///p', /space or control/],
    ['tcp:1.2.3.4:5', /lacks the slashes/],
    ['tcp://', /needs an IP address/],
    ['tcp://:5', /needs an IP address/],
    ['tcp://name:5', /needs an IP address, no name/],
    ['tcp://localhost:5', /needs an IP address, no name/],
    ['TCP://.:80', /needs an IP address/],
    ['tcp://1:5', /needs an IP address/],
    ['tcp://...:5', /needs an IP address/],
    ['tcp://::1:5', /needs an IP address/],
    ['tcp://[1.2.3.4]:5', /needs an IP address/],
    ['tcp://[fe80::1%25eth0]:5', /needs an IP address/],
    ['tcp://[::1:5', /needs an IP address/],
    ['tcp://01.2.3.4:5', /needs an IP address/],
    ['tcp://1.2.3.4', /no port/],
    ['tcp://[::1]', /no port/],
    ['tcp://1.2.3.4:', /port that is not within/],
    ['tcp://1.2.3.4:0', /port that is not within/],
    ['tcp://1.2.3.4:05', /port that is not within/],
    ['tcp://1.2.3.4:65536', /port that is not within/],
    ['tcp://1.2.3.4:5:6', /port that is not within/],
    ['tcp://1.2.3.4:http', /port that is not within/],
    ['tcp://1.2.3.4:5/', /path, query or fragment/],
    ['tcp://1.2.3.4:5?q', /path, query or fragment/],
    ['tcp://1.2.3.4:5#f', /path, query or fragment/],
    ['tcp://u@1.2.3.4:5', /user information/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} and says why`, () => {
      const refusal = (error: unknown): boolean =>
        error instanceof CodedError && error.code === Code.invalidArgument && says.test(error.message);
      assert.throws(() => parseEndpointAddress(text), refusal);
    });
  }

  it('repeats no password', () => {
    for (const text of ['tcp://user:hunter2@1.2.3.4:5', 'http://user:hunter2@h', 'unix://user:hunter2@h/p']) {
      assert.throws(
        () => parseEndpointAddress(text),
        (error) => !messageOf(error).includes('hunter2'),
      );
    }
  });
});
