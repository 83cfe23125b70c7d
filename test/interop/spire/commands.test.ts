/**
 * SPIRE's own command line and ours, typed at SPIRE's server and at ours: what they print and how they exit is the same, but
 * for the differences that are listed with their reasons.
 */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { System, WRIT } from '../system.ts';
import { steps } from './commands.ts';
import type { Difference } from './difference.ts';
import { ofCommandLine, ofServer } from './differences.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { GenuineServer } from './genuine-server.ts';
import { provideSpire } from './programs.ts';
import { type ForeignFiles, makeForeignFiles, NO_FILES, writeForeignFiles } from './foreign-files.ts';
import { attestedAs } from './rig.ts';
import type { Step } from './step.ts';
import { type Printed, steady, type, type World } from './world.ts';

const spire = provideSpire();
const foreign = await makeForeignFiles();
const closing: (() => Promise<unknown>)[] = [];
let printed: Record<'genuine' | 'mixed' | 'ours', Printing>;

before(async () => {
  const genuine = await genuineWorld();
  const mixed = await ourWorld('mixed', () => spire.server);
  const ours = await ourWorld('ours', ourCommand);
  const [ofGenuine, ofMixed, ofOurs] = await Promise.all([genuine, mixed, ours].map(typeAll));
  assert.ok(ofGenuine && ofMixed && ofOurs);
  printed = { genuine: ofGenuine, mixed: ofMixed, ours: ofOurs };
});
after(async () => {
  for (const close of closing.toReversed()) await close();
});

async function genuineWorld(): Promise<World> {
  const server = await GenuineServer.start(spire.server);
  closing.push(() => server.stop());
  const { directory, port, socket } = server;
  return settled({ name: 'genuine', command: spire.server, directory, port, socket });
}

async function ourWorld(name: string, command: (directory: string) => string): Promise<World> {
  const system = await System.startWithoutAgent();
  closing.push(() => system.stop());
  const { directory, port, serverSocket: socket } = system.files;
  return settled({ name, command: command(directory), directory, port, socket });
}

/** Started under that name, ours is SPIRE's. */
function ourCommand(directory: string): string {
  const link = join(directory, 'spire-server');
  symlinkSync(WRIT, link);
  return link;
}

interface Bare {
  readonly name: string;
  readonly command: string;
  readonly directory: string;
  readonly port: number;
  readonly socket: string;
}

/** With an agent. */
async function settled({ name, command, directory, port, socket }: Bare): Promise<World> {
  const world = { name, command, socket, folder: join(directory, 'typed'), known: new Map(foreign.known) };
  mkdirSync(world.folder);
  writeForeignFiles(foreign, world.folder);
  const { out } = await type(world, ['token', 'generate', '-ttl', '600']);
  const [, token] = /^Token: (\S+)$/m.exec(out) ?? [];
  const settings = [`join_token = "${token}"`, 'insecure_bootstrap = true'];
  const agent = new GenuineAgent({
    command: spire.agent,
    directory,
    serverPort: port,
    name: 'agent',
    settings,
  });
  closing.push(() => agent.stop());
  await agent.start();
  world.known.set('AGENT', attestedAs(agent));
  return world;
}

/** One after the other; under their names, which the same step has in every world. */
async function typeAll(world: World): Promise<Printing> {
  const all = new Map<string, Printed>();
  for (const [at, step] of steps.entries()) {
    const words = typeof step.words === 'function' ? step.words(world) : step.words;
    const raw = await type(world, words, inputOf(step, foreign));
    for (const [name, pattern] of Object.entries(step.found ?? {}))
      world.known.set(name, pattern.exec(raw.out)?.[1] ?? `no ${name}`);
    all.set(nameOf(step, at), steady(raw, world));
  }
  return all;
}

const NOBODY: World = { name: '', command: '', socket: '', folder: '', known: new Map() };

const inputOf = ({ input }: Step, files: ForeignFiles): string | undefined =>
  typeof input === 'function' ? input(files) : input;

function nameOf(step: Step, at: number): string {
  const { words } = step;
  const input = step.inputName ?? inputOf(step, NO_FILES);
  const typed = (typeof words === 'function' ? words(NOBODY) : words).join(' ');
  return `${at}: ${typed}${input === undefined ? '' : ` <<< ${input}`}`;
}

type Printing = ReadonlyMap<string, Printed>;

/** Each step that is not listed prints the same; each that is listed does not. */
function compare(left: Printing, right: Printing, differences: readonly Difference[]): void {
  const shown = new Set<string>();
  const unlisted: object[] = [];
  for (const [step, printed] of left) {
    const other = right.get(step);
    const name = step.slice(step.indexOf(' ') + 1);
    const listed = differences.find(({ commands }) => commands.includes(name));
    if (isDeepStrictEqual(other, printed)) continue;
    shown.add(name);
    const isExpected = listed !== undefined && (listed.exits === true || other?.code === printed.code);
    if (!isExpected) unlisted.push({ name, printed, other });
  }
  assert.deepEqual(unlisted, []);
  for (const { commands } of differences)
    for (const name of commands) assert.ok(shown.has(name), `no difference any more: ${name}`);
}

test("SPIRE's command line prints of our server what it prints of SPIRE's", () => {
  compare(printed.genuine, printed.mixed, ofServer);
});

test("our command line prints what SPIRE's prints", () => {
  compare(printed.mixed, printed.ours, ofCommandLine);
});
