/**
 * Loaded into every process that runs tests. A test that leaves a socket or timer open keeps its process alive after the
 * last result, and the run is ended for it in time: the process says what it was.
 */
import { after } from 'node:test';

const PATIENCE_MS = 25_000; // what a suite stops in its last hook may take twenty seconds

const complain = (): void => {
  const left = process.getActiveResourcesInfo().join(', ');
  process.stderr.write(`✖ the tests have run and something is still open: ${left}\n`);
};

after(() => void setTimeout(complain, PATIENCE_MS).unref());
