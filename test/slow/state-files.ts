/** Whether the files that server and agent keep are whole, and nothing lies beside them. Used by the recovery tests. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../interop/program.ts';

export interface StateDirectories {
  /** Each with a `keys.json`. */
  readonly servers: readonly string[];
  readonly agent: string;
  /** In memory. */
  readonly runtime: string;
}

/** Throws on a file that is half of anything. */
export function checkWhole({ servers, agent, runtime }: StateDirectories): void {
  for (const directory of [...servers, agent]) checkKeys(join(directory, 'keys.json'));
  checkAgentData(join(agent, 'agent-data.json'));
  for (const name of readdirSync(runtime)) if (!isBeside(name)) checkKept(join(runtime, name));
}

function checkKeys(path: string): void {
  const { keys } = readJson(path) as { keys: Readonly<Record<string, string>> };
  for (const text of Object.values(keys))
    createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
}

function checkAgentData(path: string): void {
  const { svid, bundle } = readJson(path) as Readonly<Record<'svid' | 'bundle', readonly string[]>>;
  assert.ok(bundle.length > 0, 'the agent keeps no bundle');
  for (const text of [...svid, ...bundle]) new X509Certificate(Buffer.from(text, 'base64').toString());
}

/** Its last line is a checksum of what is above it. */
function checkKept(path: string): void {
  const text = readFileSync(path, 'utf8');
  const at = text.lastIndexOf('\n', text.length - 2) + 1;
  const checksum = createHash('sha256').update(text.slice(0, at)).digest('hex');
  assert.equal(text.slice(at), `${checksum}\n`, `${path} is damaged`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} is damaged`, { cause });
  }
}

/** What is written before it takes its name, and what claims a database. */
const isBeside = (name: string): boolean => /\.tmp$|^owner\.|^data\.new\./.test(name);

/** Resolves when nothing that was being written when a process was killed is left. */
export async function nothingBeside({ servers, agent, runtime }: StateDirectories): Promise<void> {
  const folders = [...servers, ...servers.map((path) => join(path, 'postgres')), agent, runtime];
  const found = (): readonly string[] =>
    folders
      .filter((path) => existsSync(path))
      .flatMap((path) =>
        readdirSync(path)
          .filter(isBeside)
          .map((name) => join(path, name)),
      );
  await eventually(
    `end of what was left beside: ${found().join(', ')}`,
    () => found().length === 0 || undefined,
  );
}
