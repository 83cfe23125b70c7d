import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from '../../../shared/config/kinds.ts';
import { loadShape } from '../../../shared/config/load.ts';
import { ConfigReload, type ReloadablePart } from '../../../shared/config/reload.ts';
import { optional, type Shape } from '../../../shared/config/shape.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { FakeLog } from '../../fakes/log.ts';

interface Config {
  readonly color: string | undefined;
  readonly roles: string | undefined;
}

const shape: Shape<Config> = (file) =>
  file.block('server', 'all', (server) => {
    server.field('port', optional(text, 'needs a restart'));
    server.withoutEffect('old', 'nothing');
    return {
      color: server.field('color', optional(text, 'a colour')),
      roles: server.block('roles', 'a block', (roles) => roles.field('path', optional(text, 'a path'))),
    };
  });

const load = (body: string) =>
  loadShape(
    { path: 'a.conf', text: `server {\n${body}\n}` },
    { shape, section: 'server', overrides: new Map() },
  );

/** A program that was started with this file; `write` exchanges it and reloads. */
function started(body: string, overridden: readonly string[] = []) {
  const log = new FakeLog();
  const taken: string[] = [];
  const failing = new Set<string>();
  let file = body;
  const part = (key: string, valueOf: (config: Config) => string | undefined): ReloadablePart<Config> => ({
    key,
    take: async (config) => {
      if (failing.has(key)) throw new Error('no such colour');
      taken.push(`${key}=${valueOf(config)}`);
    },
  });
  const parts = [part('server.color', ({ color }) => color), part('server.roles', ({ roles }) => roles)];
  const configuration = new ConfigReload<Config>({
    loaded: load(body),
    load: () => load(file),
    parts,
    overridden,
    log,
  });
  const write = async (next: string) => {
    file = next;
    taken.length = 0;
    log.lines.length = 0;
    await configuration.reload();
    return {
      taken: [...taken],
      lines: log.lines.map(({ level, fields }): LogFields => ({ level, ...fields })),
    };
  };
  return { write, failing };
}

test('what can be changed while running is, and is named; what needs a restart is named until it is undone', async () => {
  const { write } = started('port = "1"');
  assert.deepEqual(await write('port = "1" color = "red"'), {
    taken: ['server.color=red'],
    lines: [{ level: 'info', changed: ['server.color'] }],
  });
  assert.deepEqual(await write('port = "2" color = "red" roles { path = "p" }'), {
    taken: ['server.roles=p'],
    lines: [
      { level: 'info', changed: ['server.roles'] },
      { level: 'warn', keys: ['server.port'] },
    ],
  });
  const again = await write('port = "2" roles { path = "p" }');
  assert.deepEqual(again.taken, ['server.color=undefined']);
  assert.deepEqual(again.lines[1], { level: 'warn', keys: ['server.port'] });
  assert.deepEqual(await write('port = "1" roles { path = "p" }'), {
    taken: [],
    lines: [{ level: 'info', changed: [] }],
  });
});

test('a file with a fault changes nothing, and is told whole', async () => {
  const { write } = started('color = "red"');
  const { taken, lines } = await write('color = "blue" colour = "green"');
  assert.deepEqual(taken, []);
  assert.equal(lines[0]?.['level'], 'error');
  assert.match(String(lines[0]?.['error']), /a\.conf:2:16.*"colour"/);
  assert.deepEqual((await write('color = "blue"')).taken, ['server.color=blue']);
});

test('a part that cannot be changed stays as it is, and is tried again', async () => {
  const { write, failing } = started('');
  failing.add('server.color');
  const { taken, lines } = await write('color = "red" roles { path = "p" }');
  assert.deepEqual(taken, ['server.roles=p']);
  assert.deepEqual(lines[0], { level: 'error', key: 'server.color', error: 'no such colour' });
  failing.clear();
  assert.deepEqual((await write('color = "red" roles { path = "p" }')).taken, ['server.color=red']);
});

test('what a flag stands above is not changed by the file; warnings are told', async () => {
  const { write } = started('', ['server.color']);
  assert.deepEqual((await write('color = "red"')).taken, []);
  const { lines } = await write('old = "x"');
  assert.match(String(lines[0]?.['warning']), /"old".*no effect/);
});
