import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEndpointAddress } from '../../shared/client/endpoint-address.ts';
import { Code, CodedError } from '../../shared/errors.ts';

/** SPIFFE_Workload_Endpoint 4 once more, with the platform's own reader of URLs as the second opinion. */
function expected(text: string): string | undefined {
  const unix = /^unix:(?:\/\/(?=\/)|(?!\/\/))(\/[^?#%]*)$/i.exec(text)?.[1];
  if (unix !== undefined)
    return /^[^\s\p{Cc}]{2,}$/u.test(unix) && Buffer.byteLength(unix) <= 107 ? unix : undefined;
  const [, ip = '', port = ''] =
    /^tcp:\/\/((?:[0-9]+\.){3}[0-9]+|\[[0-9a-fA-F:.]+\]):([1-9][0-9]{0,4})$/i.exec(text) ?? [];
  if (ip === '' || Number(port) > 65_535) return undefined;
  const url = URL.parse(`http://${ip}:${port}`); // canonical IPv4 stays as it is, and so does a name such as `.`; brackets are IPv6 or nothing
  return url !== null && (ip.startsWith('[') || url.hostname === ip) ? `${ip}:${port}` : undefined;
}

const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '//', '.', '%', '?', '#', '@', ':', '[', ']', ' ', '\0', '\u212a', 'run', 'ä'),
      fc.constantFrom(
        '1.2.3.4',
        '[::1]',
        '[1.2.3.4]',
        'localhost',
        '0',
        '80',
        '65535',
        '65536',
        'p'.repeat(100),
      ),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const near = fc
  .tuple(
    fc.constantFrom('unix:', 'unix://', 'unix:///', 'tcp:', 'tcp://', 'tcp://1.2.3.4:', 'TCP://', ''),
    pieces,
  )
  .map((parts) => parts.join(''));
const tcp = fc
  .tuple(
    fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    ),
    fc.integer({ min: -1, max: 70_000 }),
  )
  .map(([ip, port]) => `tcp://${ip}:${port}`);
const unix = fc.stringMatching(/^unix:(\/\/)?(\/[a-zA-Z0-9._-]{1,12}){1,9}$/);

test('an address is accepted when the rules say so, and only then, and leads where it says', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), near, tcp, unix), (text) => {
      const wanted = expected(text);
      if (wanted === undefined) {
        const isRefusal = (error: unknown): boolean =>
          error instanceof CodedError && error.code === Code.invalidArgument;
        assert.throws(() => parseEndpointAddress(text), isRefusal);
        return;
      }
      accepted += 1;
      const address = parseEndpointAddress(text);
      assert.equal(address.kind === 'unix' ? address.path : address.hostPort, wanted);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(accepted > 200, `only ${accepted} were right`);
});
