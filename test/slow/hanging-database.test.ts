/** A Postgres that hangs: it neither answers nor breaks its connections. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRunningPostgres } from '../../server/datastore/embedded.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { EntryText } from '../interop/admin.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { DatabaseLink } from './database-link.ts';
import { Onlooker } from './onlooker.ts';
import { SecondServer } from './second-server.ts';

/** A statement's limit, and what a busy machine adds. */
const FOUND_OUT_MS = 20_000;
/** For two thousand calls at a time on a busy machine: less than anybody waits for the database. */
const AT_ONCE_MS = 8_000;
const BACK_MS = 30_000;

let system: System;
/** Reaches the database of `system` over `link`. */
let second: SecondServer;
let link: DatabaseLink;

before(async () => {
  system = await System.start();
  const postgres = findRunningPostgres(join(system.files.serverData, 'postgres'));
  link = await DatabaseLink.open(String(postgres?.host));
  second = await SecondServer.start(system, link.folder);
});
after(async () => {
  link?.answerAgain();
  await second?.close();
  link?.close();
  await system?.stop();
});

let entries = 0;
const newEntry = (): EntryText => ({
  spiffeId: system.idOf(`/hanging/${(entries += 1)}`),
  parentId: system.nodeId,
  selectors: ['unix:uid:4242424'],
});

interface Failure {
  readonly message: string;
  readonly afterMs: number;
}

/** How the deed failed, and when; fails itself when it did not. */
async function failureOf(deed: () => Promise<unknown>): Promise<Failure> {
  const startedMs = monotonicMs();
  try {
    await deed();
  } catch (error) {
    return { message: messageOf(error), afterMs: monotonicMs() - startedMs };
  }
  return assert.fail('it succeeded although the database was silent');
}

const openFiles = (): number => readdirSync(`/proc/${second.pid}/fd`).length;
const memoryMb = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${second.pid}/status`, 'utf8'))?.[1]) / 1_024;

test('calls fail soon, then at once; nothing piles up; and all is well again by itself', async (t) => {
  const kept = await second.admin.createEntry(newEntry());
  const filesBefore = openFiles();
  link.beSilent();
  const first = await failureOf(() => second.admin.createEntry(newEntry()));
  assert.match(first.message, /did(?: not|n't)? answer|not answer/);
  assert.ok(first.afterMs < FOUND_OUT_MS, `${first.afterMs} ms`);
  await eventually('word in the log', () => second.log().includes('database does not answer') || undefined);

  const memoryBefore = memoryMb();
  const failures = await Promise.all(
    Array.from({ length: 2_000 }, () => failureOf(() => second.admin.createEntry(newEntry()))),
  );
  const soon = failures.filter(({ afterMs }) => afterMs < AT_ONCE_MS).length;
  assert.ok(soon > 1_900, `${soon} of 2,000 were told at once`);
  assert.equal(await second.isHealthy(), false);
  await sleep(5_000);
  const [files, memory] = [openFiles() - filesBefore, memoryMb() - memoryBefore];
  assert.ok(files < 110, `${files} connections more`);
  assert.ok(memory < 150, `${memory} MB more`);
  t.diagnostic(
    `first failure after ${Math.round(first.afterMs)} ms, ${soon} of 2,000 at once, ${files} files and ${Math.round(memory)} MB more`,
  );

  link.answerAgain();
  const startedMs = monotonicMs();
  await eventually('health', async () => (await second.isHealthy()) || undefined, BACK_MS);
  t.diagnostic(`healthy ${Math.round(monotonicMs() - startedMs)} ms after it answers again`);
  assert.ok((await second.admin.listEntries()).has(kept));
  await second.admin.createEntry(newEntry());
});

test('a change that the database did not confirm is called that, and is done or not done whole', async () => {
  const entry = newEntry();
  link.beSilentAfter('commit\0'); // a statement ends with a zero
  const { message } = await failureOf(() => second.admin.createEntry(entry));
  link.answerAgain();
  await eventually('health', async () => (await second.isHealthy()) || undefined, BACK_MS);
  assert.match(message, /may or may not be done/);
  const again = await second.admin.createEntry(entry).then(() => 'created', messageOf);
  assert.match(again, /similar entry already exists/, 'this commit went through');
});

test('agents of a server whose database hangs are told Unavailable, and have all again afterwards', async () => {
  const onlooker = new Onlooker(system, second.port);
  try {
    await eventually('answer to the agent', () => onlooker.take().length > 0 || undefined);
    link.beSilent();
    const isTold = (): boolean => onlooker.failures.some((why) => /database does not answer/.test(why));
    await eventually('refusal', () => isTold() || undefined, 2 * BACK_MS);
    link.answerAgain();
    onlooker.take();
    await eventually('answer to the agent', () => onlooker.take().length > 0 || undefined);
    assert.deepEqual(onlooker.stepsBack, []);
  } finally {
    await onlooker.close();
  }
});

test('a managed Postgres that is stopped and goes on costs no identity, and nothing acknowledged', async () => {
  const steady = system.idOf('/steady');
  await system.register({ spiffeId: steady, selectors: [`unix:path:${process.execPath}`] });
  const ids = async (): Promise<readonly string[]> =>
    (await system.identities()).identities.map(({ svid }) => svid.id.toString());
  assert.deepEqual(await ids(), [steady]);
  const stopped = system.postgresPids();
  try {
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    const { afterMs } = await failureOf(() => system.admin.createEntry(newEntry()));
    assert.ok(afterMs < FOUND_OUT_MS, `${afterMs} ms`);
    assert.equal(await system.admin.isHealthy(), false);
    assert.deepEqual(await ids(), [steady]);
  } finally {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
  }
  await eventually('health', async () => (await system.admin.isHealthy()) || undefined, BACK_MS);
  assert.ok([...(await system.admin.listEntries()).values()].includes(steady));
  assert.deepEqual(await ids(), [steady]);
});

test('a server that is started on a database that hangs says so within seconds, and ends', async () => {
  await second.kill();
  link.beSilent();
  const startedMs = monotonicMs();
  second.launch();
  await eventually('end', () => !second.isRunning || undefined);
  assert.ok(monotonicMs() - startedMs < FOUND_OUT_MS);
  assert.match(second.log().trimEnd().split('\n').at(-1) ?? '', /database did not answer in time/);
});
