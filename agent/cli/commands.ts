/** Every command of `writ agent`, which is also `spire-agent`. */
import type { Command } from '../../shared/cli/command.ts';
import { withCompletion } from '../../shared/cli/completion.ts';
import { outputFlag } from '../../shared/cli/output.ts';
import { timeoutFlag } from '../../shared/cli/timeout-flag.ts';
import { levelFlag } from '../../shared/cli/print-logger.ts';
import { adminOnlyFlags, adminSocketFlags } from './admin-socket.ts';
import { helperCommands } from './svid-files-commands.ts';
import { agentFlags, workloadSocketFlags } from './agent-socket-flags.ts';
import { runFlags } from './run-flags.ts';

const fetchX509: Omit<Command, 'words'> = {
  summary: 'fetch X.509-SVIDs from the Workload API',
  flags: [
    { name: 'write', kind: 'text', doc: 'directory to write SVIDs, keys and bundles to', isPath: true },
    { name: 'silent', kind: 'boolean', doc: 'print nothing' },
    ...agentFlags,
    outputFlag,
  ],
  load: async () => (await import('./api-fetch-x509.ts')).apiFetchX509,
};

export const agentCommands: readonly Command[] = withCompletion([
  {
    words: ['run'],
    summary: 'run the agent',
    flags: runFlags,
    load: async () => (await import('./run.ts')).run,
  },
  {
    words: ['validate'],
    summary: 'check a configuration file',
    flags: runFlags,
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    words: ['healthcheck'],
    summary: 'ask whether the agent is healthy',
    flags: [
      ...workloadSocketFlags,
      timeoutFlag('10s'),
      { name: 'shallow', kind: 'boolean', doc: 'less thorough; accepted for compatibility' },
      { name: 'verbose', kind: 'boolean', doc: 'say which socket is asked' },
    ],
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  { words: ['api', 'fetch'], ...fetchX509 },
  { words: ['api', 'fetch', 'x509'], ...fetchX509 },
  {
    words: ['api', 'fetch', 'jwt'],
    summary: 'fetch JWT-SVIDs from the Workload API, and the bundles to validate others with',
    flags: [
      {
        name: 'audience',
        kind: 'list',
        doc: 'who is to take it; several separated by commas, or more than once',
      },
      { name: 'spiffeID', kind: 'text', doc: 'the one of this ID alone' },
      ...agentFlags,
      outputFlag,
      { ...outputFlag, name: 'format', doc: 'as -output, its former name' },
    ],
    load: async () => (await import('./api-fetch-jwt.ts')).apiFetchJwt,
  },
  {
    words: ['api', 'validate', 'jwt'],
    summary: 'ask the agent whether a JWT-SVID is valid, and what is in it',
    flags: [
      { name: 'audience', kind: 'text', doc: 'whom it must be for' },
      { name: 'svid', kind: 'text', doc: 'the JWT-SVID' },
      ...agentFlags,
      outputFlag,
    ],
    load: async () => (await import('./api-validate-jwt.ts')).apiValidateJwt,
  },
  {
    words: ['api', 'watch'],
    summary: 'print X.509-SVIDs whenever they change',
    flags: workloadSocketFlags,
    load: async () => (await import('./api-watch.ts')).apiWatch,
  },
  {
    words: ['explain'],
    summary: 'why a process, or this command itself, has or lacks an identity',
    flags: [
      {
        name: 'pid',
        kind: 'number',
        doc: 'process ID as the agent sees it; without it, this command itself',
      },
      ...workloadSocketFlags,
      ...adminSocketFlags,
      timeoutFlag('40s'), // an attestor is given 30 s
      outputFlag,
    ],
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    words: ['debug', 'getinfo'],
    summary: 'say how long the agent runs, what it holds, and by which SVID',
    flags: adminOnlyFlags,
    load: async () => (await import('./debug-getinfo.ts')).debugGetinfo,
  },
  {
    words: ['logger', 'get'],
    summary: "show the level of the agent's log",
    flags: adminOnlyFlags,
    load: async () => (await import('./logger-get.ts')).loggerGet,
  },
  {
    words: ['logger', 'set'],
    summary: "change the level of the agent's log while it runs",
    flags: [levelFlag, ...adminOnlyFlags],
    load: async () => (await import('./logger-set.ts')).loggerSet,
  },
  {
    words: ['logger', 'reset'],
    summary: "set the level of the agent's log back to that of its start",
    flags: adminOnlyFlags,
    load: async () => (await import('./logger-reset.ts')).loggerReset,
  },
  ...helperCommands(['helper']),
]);
