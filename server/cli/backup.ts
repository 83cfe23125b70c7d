/** `backup` and `restore`: the configured database into a file, and back. */
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { systemClock } from '../../shared/clock.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { systemRandom } from '../../shared/random.ts';
import { backupDatabase, type Counts, restoreDatabase } from '../backup.ts';
import { loadConfig } from './load-config.ts';

export const backup: RunCommand = async (flags, terminal) => {
  const path = neededPath(flags, 'write');
  const counts = await backupDatabase(needsOf(path, flags, terminal));
  terminal.out(`Backup written to ${path}: ${shown(counts)}.\n`);
  terminal.out("The CA's keys are not in it: they are kept by the key manager.\n");
  terminal.out('Join tokens that were not used yet are: whoever reads it can use them.\n');
  return 0;
};

export const restore: RunCommand = async (flags, terminal) => {
  const path = neededPath(flags, 'from');
  const counts = await restoreDatabase({
    ...needsOf(path, flags, terminal),
    empties: flags.is('force'),
  });
  terminal.out(`Restored from ${path}: ${shown(counts)}.\n`);
  terminal.out("The CA's keys were not in it: without those that it speaks of, the server makes new ones.\n");
  return 0;
};

function neededPath(flags: Flags, name: Flag['name']): string {
  if (flags.text(name) === '') throw new UsageError(`-${name} is needed: the path of the file`);
  return flags.text(name);
}

const needsOf = (path: string, flags: Flags, terminal: Terminal) => ({
  path,
  config: loadConfig(flags, terminal),
  log: createLogger({
    threshold: new LogThreshold('warn'),
    format: 'text',
    write: (line) => terminal.err(line),
  }),
  clock: systemClock,
  random: systemRandom,
});

const NAMES: Readonly<Record<string, string>> = {
  bundles: 'bundles',
  federation_relationships: 'federation relationships',
  entries: 'entries',
  nodes: 'agents',
  join_tokens: 'join tokens',
  ca_journals: 'CA journals',
};

const shown = (counts: Counts): string =>
  Object.entries(counts)
    .map(([table, count]) => `${count} ${NAMES[table] ?? table}`)
    .join(', ');
