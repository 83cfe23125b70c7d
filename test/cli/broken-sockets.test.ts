/** Commands against sockets where nobody answers, or nobody who understands. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import { serverCommands } from '../../server/cli/commands.ts';
import { type } from '../fakes/terminal.ts';

const server = { name: 'writ server', commands: serverCommands };
const agent = { name: 'writ agent', commands: agentCommands };

const kinds: Readonly<Record<string, { readonly says: RegExp; readonly meet: (socket: Socket) => void }>> = {
  'takes connections and says nothing': {
    says: /^(?:Error: )?(?:\w+ is unhealthy: )?no answer on SOCKET within 0\.02 s; -timeout waits longer\n/,
    meet: (socket) => socket.resume(),
  },
  'hangs up at once': {
    says: /^(?:Error: )?(?:\w+ is unhealthy: )?who listens on SOCKET does not answer as 'writ \w+ run' does: \w/,
    meet: (socket) => socket.destroy(),
  },
  'speaks another protocol': {
    says: /^(?:Error: )?(?:\w+ is unhealthy: )?who listens on SOCKET does not answer as 'writ \w+ run' does: \w/,
    meet: (socket) => socket.end('220 mail.example.org ESMTP\r\n'),
  },
};

const commands: readonly (readonly [program: typeof server, line: string, flag?: string])[] = [
  [server, 'healthcheck'],
  [server, 'token generate'],
  [server, 'entry show'],
  [server, 'entry count'],
  [server, 'entry create -node -spiffeID spiffe://example.org/a -selector aws_iid:a'],
  [server, 'entry delete -entryID a'],
  [server, 'agent list'],
  [server, 'bundle show'],
  [agent, 'healthcheck'],
  [agent, 'api fetch x509'],
  [agent, 'explain -pid 1', '-adminSocketPath'],
];

for (const [kind, { says, meet }] of Object.entries(kinds)) {
  describe(`a socket whose owner ${kind}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'writ-cli-'));
    const listeners: Server[] = [];
    const sockets = new Set<Socket>();

    /** Each command has its own: what one of them learned of a socket is not told to the next. */
    const listen = (name: string): Promise<string> => {
      const path = join(directory, name);
      const listener = createServer((socket) => {
        sockets.add(socket.on('error', () => {}));
        meet(socket);
      });
      listeners.push(listener);
      return new Promise((resolve) => listener.listen(path, () => resolve(path)));
    };
    after(() => {
      for (const socket of sockets) socket.destroy();
      for (const listener of listeners) listener.close();
      rmSync(directory, { recursive: true });
    });

    for (const [at, [program, line, flag = '-socketPath']] of commands.entries()) {
      it(`does not keep "${program.name} ${line}"`, async () => {
        const path = await listen(`${at}.sock`);
        const { code, err, out } = await type(program, [...line.split(' '), flag, path, '-timeout', '20ms']);
        assert.deepEqual([code, out], [1, '']);
        assert.match(err.replace(path, 'SOCKET'), kind.startsWith('takes') ? says : orLate(says));
      });
    }
  });
}

/** A busy machine may need longer than the deadline to find out. */
const orLate = (says: RegExp): RegExp => new RegExp(`${says.source}|no answer on SOCKET within`);

describe('a socket file that outlived its owner', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  const path = join(directory, 'left.sock');

  before(async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(join(directory, 'live.sock'), resolve));
    renameSync(join(directory, 'live.sock'), path); // closing then removes nothing
    await new Promise((resolve) => listener.close(resolve));
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const [program, line, flag = '-socketPath'] of commands) {
    it(`is told by "${program.name} ${line}"`, async () => {
      const { code, err } = await type(program, [...line.split(' '), flag, path, '-timeout', '5s']);
      assert.equal(code, 1);
      const told = `nothing answers on ${path}: who made it is gone; start '${program.name} run' again\n`;
      assert(err.endsWith(told), err);
    });
  }
});
