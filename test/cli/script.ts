/**
 * Scripts of command lines with what they print, run in this process.
 *
 *     $ entry show -entryID none < standard input
 *     a line of standard output
 *     ! a line of standard error
 *     ? 1
 *
 * `?` is the exit code where it is not 0. DIR stands for the directory of the test; what differs from run to run is shown
 * as UUID, TIME, SECONDS, SERIAL, BASE64 or TOOK.
 */
import assert from 'node:assert/strict';
import { type Program, type } from '../fakes/terminal.ts';

export interface ScriptRun {
  readonly program: Program;
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Fails with both transcripts where they differ. */
export async function runScript(run: ScriptRun, script: string): Promise<void> {
  const lines = script.replace(/^\n/, '').split('\n');
  const transcript: string[] = [];
  for (const line of lines.filter((each) => each.startsWith('$ '))) {
    transcript.push(line, ...(await runLine(run, line.slice(2))));
  }
  assert.equal(transcript.join('\n'), lines.join('\n'));
}

async function runLine({ program, directory, environment = {} }: ScriptRun, line: string): Promise<string[]> {
  const [command = '', input] = line.replaceAll('DIR', directory).split(' < ');
  const typed = { environment, ...(input === undefined ? {} : { input }) };
  const { code, out, err } = await type(program, wordsOf(command), typed);
  const shown = (text: string): string[] => linesOf(steady(text.replaceAll(directory, 'DIR')));
  return [...shown(out), ...shown(err).map((each) => `! ${each}`), ...(code === 0 ? [] : [`? ${code}`])];
}

/** As a shell would, with single quotes alone. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));

function linesOf(text: string): string[] {
  if (text === '') return [];
  assert(text.endsWith('\n'), `the last line has no end: ${text}`);
  return text.slice(0, -1).split('\n');
}

const STEADY: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, 'TIME'],
  [/"1\d{9}"/g, '"SECONDS"'],
  [/\d{30,}/g, 'SERIAL'],
  [/[A-Za-z0-9+/_-]{43,}={0,2}/g, 'BASE64'],
  [/after (?:\d+h)?(?:\d+m)?[\d.]+m?s$/gm, 'after TOOK'],
];

const steady = (text: string): string =>
  STEADY.reduce((shown, [what, instead]) => shown.replace(what, instead), text);
