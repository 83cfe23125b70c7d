/**
 * The helper, put together: files of SVIDs and bundles for programs that know no Workload API, as spiffe-helper writes them.
 * Called by agent/cli/svid-files.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WorkloadApi } from '../../shared/client/workload-api.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { removeLeftBeside } from '../../shared/files.ts';
import { HealthListener } from '../../shared/health/http.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { type Part, Running } from '../../shared/tasks.ts';
import { Command } from './command.ts';
import type { HelperConfig } from './config.ts';
import { pathsOf } from './config/file-fields.ts';
import { FileStatuses } from './file-statuses.ts';
import { type JwtApi, JwtBundleWriter, JwtSvidWriter } from './jwt-writers.ts';
import { signalPidFile } from './pid-file.ts';
import { X509Writer } from './x509-writer.ts';

export interface HelperNeeds {
  readonly config: HelperConfig;
  readonly workloadApi: Pick<WorkloadApi, 'fetchX509Context' | 'watchX509Context'>;
  readonly jwtApi: JwtApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Writer {
  once(signal: AbortSignal): Promise<unknown>;
  follow(signal: AbortSignal): Promise<void>;
}

/** Writes every file once. Throws what keeps one from being written. */
export async function helpOnce(needs: HelperNeeds, signal: AbortSignal): Promise<void> {
  const statuses = new FileStatuses();
  for (const writer of writersOf(needs, statuses, async () => {})) await writer.once(signal);
}

/** Keeps the files until the signal aborts. Throws when it cannot begin, or when no later try can mend what is wrong. */
export async function help(needs: HelperNeeds, signal: AbortSignal): Promise<void> {
  const { config, log, clock } = needs;
  const { command } = config.process;
  const statuses = new FileStatuses();
  const child =
    command === undefined ? undefined : new Command({ config: config.process, command, clock, log });
  const writers = writersOf(needs, statuses, () => tellProcesses(needs, child));
  const running = new Running();
  const over = new AbortController();
  try {
    await running.start([...(child === undefined ? [] : [child]), ...probes(needs, statuses)]);
    const both = AbortSignal.any([signal, over.signal]);
    await Promise.all(writers.map((writer) => writer.follow(both)));
  } finally {
    over.abort();
    for (const failure of await running.stop()) log.warn('a part did not stop cleanly', { failure });
  }
}

/** What an earlier helper left half written goes first. Throws where a file has no directory to be in. */
function writersOf(
  needs: HelperNeeds,
  statuses: FileStatuses,
  onChange: () => Promise<void>,
): readonly Writer[] {
  const { config, jwtApi: api } = needs;
  const { x509, jwtBundle, jwtSvids } = config;
  for (const path of pathsOf(config)) {
    checkDirectory(dirname(path));
    removeLeftBeside(path);
  }
  const ofJwt = { ...needs, api, statuses };
  return [
    ...(x509 === undefined ? [] : [new X509Writer({ ...needs, names: x509, statuses, onChange })]),
    ...(jwtBundle === undefined ? [] : [new JwtBundleWriter(ofJwt, jwtBundle)]),
    ...jwtSvids.map((file) => new JwtSvidWriter(ofJwt, file)),
  ];
}

function checkDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const message = `directory ${path} does not exist, and the helper makes none: create it, for the user that reads the files`;
  throw new CodedError(Code.failedPrecondition, message);
}

async function tellProcesses({ config, log }: HelperNeeds, child: Command | undefined): Promise<void> {
  const { pidFile, renewSignal } = config.process;
  await child?.renew();
  if (pidFile === undefined || renewSignal === undefined) return;
  try {
    signalPidFile(pidFile, renewSignal);
  } catch (error) {
    log.warn('the process of pid_file_name was not told of the new files', { error: messageOf(error) });
  }
}

const probes = ({ config: { health }, log }: HelperNeeds, checks: FileStatuses): readonly Part[] =>
  health === undefined ? [] : [new HealthListener({ config: { ...health, bindAddress: '::' }, checks, log })];
