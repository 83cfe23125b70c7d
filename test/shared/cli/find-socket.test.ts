import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { namedSocket, socketFlags } from '../../../shared/cli/find-socket.ts';
import { Flags } from '../../../shared/cli/flag.ts';

const NAMES = { what: 'the socket', variable: 'SOME_SOCKET', otherwise: '/usual.sock' };

function named(
  given: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): string | undefined {
  const values = new Map(Object.entries(given).map(([name, value]) => [name, [value]]));
  return namedSocket(new Flags(socketFlags(NAMES), values), { environment }, NAMES);
}

describe('the socket of a program', () => {
  const environment = { SOME_SOCKET: '/env.sock', SOME_SOCKET_TEMPLATE: '/run/%i/%i.sock' };

  it('is the one of the flag, before all else', () => {
    assert.equal(named({ socketPath: '/flag.sock', instance: 'a' }, environment), '/flag.sock');
  });

  it('is the one of the instance, whatever its name', () => {
    assert.equal(named({ instance: 'a' }, environment), '/run/a/a.sock');
    assert.equal(named({ instance: "$&$1$'" }, environment), "/run/$&$1$'/$&$1$'.sock");
  });

  it('is the one of the environment, if that names one', () => {
    assert.equal(named({}, environment), '/env.sock');
    assert.equal(named({}, { SOME_SOCKET: '' }), undefined);
    assert.equal(named({}), undefined);
  });

  for (const template of [undefined, '', '/run/api.sock']) {
    it(`is not guessed for an instance when the template is ${JSON.stringify(template)}`, () => {
      const given = template === undefined ? {} : { SOME_SOCKET_TEMPLATE: template };
      assert.throws(() => named({ instance: 'a' }, { SOME_SOCKET: '/env.sock', ...given }), {
        message: '-instance needs SOME_SOCKET_TEMPLATE in the environment, with %i in it',
      });
    });
  }
});
