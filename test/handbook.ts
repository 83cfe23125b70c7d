/** The programs in the handbook of the client library. Read by test/shared/client/handbook.test.ts and interop's package suite. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const HANDBOOK = join(import.meta.dirname, '..', 'shared', 'client', 'README.md');

/** File name -> text, of every block of TypeScript: its first line names the file. Throws on a block without a name. */
export function programsOf(handbook: string): ReadonlyMap<string, string> {
  const programs = new Map<string, string>();
  for (const [, text = ''] of readFileSync(handbook, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)) {
    const [, name] = /^\/\/ ([a-z0-9-]+\.ts)\b/.exec(text) ?? [];
    if (name === undefined || programs.has(name))
      throw new Error(`a program without a name of its own:\n${text}`);
    programs.set(name, text);
  }
  return programs;
}
