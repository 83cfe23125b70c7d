/** A process of its own that runs a managed Postgres, to be killed: prints the postmaster's pid and waits. */
import { systemClock } from '../../../../shared/clock.ts';
import { silentLogger } from '../../../../shared/log/logger.ts';
import { systemRandom } from '../../../../shared/random.ts';
import { startManagedPostgres } from '../../../../server/datastore/embedded.ts';

const [, , directory = '', prefer] = process.argv;
process.stdout.write('starting\n');
const managed = await startManagedPostgres({
  directory,
  log: silentLogger,
  clock: systemClock,
  random: systemRandom,
  preferBinaries: prefer === 'npm' ? 'npm' : 'system',
});
process.stdout.write(`${managed.pid()}\n`);
setInterval(() => {}, 60_000);
