/** `writ up`: the whole system on this machine, step by step, for trying it out. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { systemClock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { systemRandom } from '../../shared/random.ts';
import { WorkloadApiClient } from '../../shared/client/index.ts';
import type { Report } from '../demo/report.ts';
import { writeConfigFiles } from './config-files.ts';
import type { Layout } from './layout.ts';
import { Narrator, StepFailed } from './narrator.ts';
import { nextCommands } from './next-commands.ts';
import { freePort } from './port.ts';
import { optionsOf, type UpOptions } from './options.ts';
import { prepareState, releaseState } from './state.ts';
import { TrialSystem } from './system.ts';
import { waitFor } from './wait.ts';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const up: RunCommand = async (flags, terminal) => {
  const narrator = new Narrator(terminal);
  const options = optionsOf(flags);
  const layout = prepareState(options.stateDirectory, options.isFresh);
  const interrupted = untilInterrupted();
  const system = trialSystem(options, layout, narrator);
  try {
    narrator.say(`Writ, for trying it out. State: ${layout.root}\n`);
    const isDone = await Promise.race([
      bringUp(system, { options, layout, narrator }),
      interrupted.then(() => false),
    ]);
    if (!isDone || options.isOnce) return isDone ? 0 : 130;
    narrator.say(nextCommands(layout, system.nodeId));
    await interrupted;
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    terminal.err(`Failed: ${error.message}\n`);
    return 1;
  } finally {
    await stop(system, layout, terminal);
  }
};

async function stop(system: TrialSystem, layout: Layout, terminal: Terminal): Promise<void> {
  terminal.out('\nStopping.\n');
  await system.stop();
  releaseState(layout);
}

function trialSystem(options: UpOptions, layout: Layout, narrator: Narrator): TrialSystem {
  const isTold = new Set<string>();
  return new TrialSystem({
    options,
    layout,
    projectRoot,
    clock: systemClock,
    random: systemRandom,
    say: (text) => narrator.say(`  ${text}`),
    onReport: (service, report) => {
      const text = told(service, report);
      if (text === undefined || isTold.has(text)) return; // each thing once: the calls go on and on
      isTold.add(text);
      narrator.say(`            ${text}`);
    },
  });
}

function told(service: string, report: Report): string | undefined {
  switch (report.kind) {
    case 'identity':
      return `${service} has ${report.spiffeId}, valid until ${report.expiresAt}`;
    case 'called':
      return `${report.client} called ${report.server}: "${report.answer}"`;
    case 'failed':
      return `${service}: ${report.message}`;
    case 'serving':
      return undefined;
  }
}

interface Steps {
  readonly options: UpOptions;
  readonly layout: Layout;
  readonly narrator: Narrator;
}

async function bringUp(system: TrialSystem, { options, layout, narrator }: Steps): Promise<true> {
  await narrator.step('write configuration', async () => writeConfigFiles(layout, options));
  await narrator.step('start Postgres and the server', () => system.startServer());
  await narrator.step('start the agent and attest it', () =>
    system.startAgent((signal) => agentIsReady(layout, signal)),
  );
  await narrator.step('register greeter and caller', async () => {
    await system.register('greeter');
    await system.register('caller');
  });
  const port = String(await freePort());
  await narrator.step('start greeter', () =>
    system.startService('greeter', [port], (report) => report.kind === 'serving'),
  );
  await narrator.step('start caller, which calls greeter over mTLS', () =>
    system.startService(
      'caller',
      [port, String(system.idOf('/greeter'))],
      (report) => report.kind === 'called',
    ),
  );
  return true;
}

/** The agent answers: with an identity or that there is none, but it has attested and synchronised. */
function agentIsReady(layout: Layout, signal: AbortSignal): Promise<void> {
  const client = new WorkloadApiClient({ address: `unix://${layout.agent.socket}` });
  return waitFor({ clock: systemClock, signal, what: 'the agent to answer' }, async () => {
    try {
      await client.fetchX509Context(AbortSignal.timeout(2_000));
      return true;
    } catch (error) {
      return error instanceof CodedError && error.code === Code.permissionDenied;
    }
  }).finally(() => client.close());
}

const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
