/** Writes reference-server.md and reference-agent.md from the configuration's shapes; with --check, compares instead (CI). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFlags } from '../../agent/config/agent-flags.ts';
import { agentShape } from '../../agent/config.ts';
import { serverFlags } from '../../server/config/server-flags.ts';
import { serverShape } from '../../server/config.ts';
import { printReference } from '../../shared/config/reference.ts';

const NOTES = [
  'The file is HCL 1, or JSON when it begins with a brace. An unknown key is refused; all faults are told at once.',
  'Durations are text such as `"1h30m"`, `"10s"`, `"500ms"`; numbers may stand in quotes; an empty text is the same as no text.',
  'With `-expandEnv`, `$NAME` and `${NAME}` are replaced from the environment before the file is read.',
].join(' ');

/** The pages by file name. */
export const referencePages = (): ReadonlyMap<string, string> =>
  new Map([
    [
      'reference-server.md',
      printReference({ title: 'server.conf', introduction: NOTES, shape: serverShape, flags: serverFlags }),
    ],
    [
      'reference-agent.md',
      printReference({ title: 'agent.conf', introduction: NOTES, shape: agentShape, flags: agentFlags }),
    ],
  ]);

if (import.meta.main) {
  const isCheck = process.argv.includes('--check');
  for (const [name, page] of referencePages()) {
    const path = join(import.meta.dirname, name);
    if (!isCheck) writeFileSync(path, page);
    else if (readFileSync(path, 'utf8') !== page) {
      process.stderr.write(`${path} is out of date: run node deploy/config/generate-reference.ts\n`);
      process.exitCode = 1;
    }
  }
}
