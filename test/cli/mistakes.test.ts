/** What newcomers get wrong, and what they are told. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import { serverCommands } from '../../server/cli/commands.ts';
import { type } from '../fakes/terminal.ts';

const server = { name: 'writ server', commands: serverCommands };
const agent = { name: 'writ agent', commands: agentCommands };

describe('a mistake on the command line', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  const at = (name: string): string => join(directory, name);
  const dead = createServer();

  before(async () => {
    writeFileSync(at('file'), '');
    writeFileSync(at('bad.conf'), 'server {\n  trust_domain = "example.org"\n  bind_adress = "x"\n}\n');
    await new Promise<void>((resolve) => dead.listen(at('answers-nothing.sock'), resolve));
  });
  after(() => {
    dead.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const cases: readonly { says: RegExp; program?: typeof server; args: readonly string[]; code?: number }[] =
    [
      { args: [], says: /^Usage: writ server COMMAND/ },
      { args: ['entry', 'craete'], says: /did you mean "entry create"\?\nTry 'writ server help'/ },
      {
        args: ['entry', 'create', '-spifeID', 'x'],
        says: /-spifeID is not a flag of "entry create"; did you mean -spiffeID\?/,
      },
      {
        args: ['entry', 'create', '-spiffeID', 'spiffe://example.org/a'],
        says: /at least one -selector is needed/,
      },
      {
        args: ['entry', 'create', '-spiffeID', 'spiffe://example.org/a', '-selector', 'unix:uid:0'],
        says: /a -parentID is needed, or -node/,
      },
      {
        args: ['entry', 'create', '-spiffeID', 'example.org/a', '-selector', 'unix:uid:0', '-node'],
        says: /-spiffeID "example.org\/a" is not a SPIFFE ID: scheme is missing or invalid/,
      },
      {
        args: ['entry', 'create', '-spiffeID', 'spiffe://example.org/a', '-selector', 'uid', '-node'],
        says: /selector "uid" must be formatted as type:value/,
      },
      {
        args: ['entry', 'show', '-socketPath', 'DIR/nothing.sock'],
        says: /nothing listens on DIR\/nothing.sock: start 'writ server run', or name its socket with -socketPath/,
      },
      { args: ['entry', 'show', '-socketPath', 'DIR/file'], says: /DIR\/file is not a socket/ },
      { args: ['entry', 'show', '-output', 'yaml'], says: /-output is pretty or json, not "yaml"/ },
      { args: ['token', 'generate', '-ttl', 'soon'], says: /-ttl takes a whole number, not "soon"/ },
      { args: ['entry', 'delete'], says: /one of -entryID and -file is needed/ },
      { args: ['agent', 'show'], says: /a -spiffeID is needed/ },
      { args: ['bundle', 'show', '-format', 'der'], says: /-format is pem or spiffe, not "der"/ },
      { args: ['validate', '-config', 'DIR/none.conf'], says: /none.conf/ },
      {
        args: ['validate', '-config', 'DIR/bad.conf'],
        says: /bad.conf:3:3: unknown key "bind_adress" in server; did you mean "bind_address"\?/,
      },
      { program: agent, args: ['explain', '-pid', '0'], says: /a -pid is above 0/ },
      {
        program: agent,
        args: ['explain', '-pid', '1'],
        says: /Give its configuration file with -config, or the socket with -adminSocketPath/,
      },
      {
        program: agent,
        args: ['api', 'fetch', '-socketPath', 'DIR/nothing.sock'],
        says: /nothing listens on .*: start 'writ agent run'/,
      },
      { program: agent, args: ['api', 'fetch', '-timeout', 'soon'], says: /-timeout "soon": not a duration/ },
    ];
  for (const { args, says, program = server } of cases) {
    it(`"${args.join(' ')}" is answered with ${says.source}`, async () => {
      const printed = await type(
        program,
        args.map((arg) => arg.replace('DIR', directory)),
      );
      assert.equal(printed.code, args.length === 0 ? 127 : 1);
      assert.match((printed.err + printed.out).replaceAll(directory, 'DIR'), says);
    });
  }

  it('prints errors as JSON where JSON was asked for', async () => {
    const printed = await type(server, [
      'entry',
      'show',
      '-output',
      'json',
      '-socketPath',
      at('nothing.sock'),
    ]);
    assert.equal(printed.code, 1);
    assert.match((JSON.parse(printed.out) as { error: string }).error, /nothing listens on/);
  });

  it('says that this user may not use the socket', {
    skip: process.geteuid?.() === 0 && 'root may use every socket',
  }, async () => {
    chmodSync(at('answers-nothing.sock'), 0o000);
    const printed = await type(server, ['entry', 'show', '-socketPath', at('answers-nothing.sock')]);
    assert.match(printed.err, /no permission to use/);
  });

  it('lists the flags of a command in both spellings', async () => {
    const { out, code } = await type(server, ['entry', 'create', '-h']);
    assert.equal(code, 0);
    assert.match(out, /-x509SVIDTTL, --x509-svid-ttl/);
  });
});
