/** Every command of `writ agent`, which is also `spire-agent`. */
import type { Command } from '../../shared/cli/command.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { outputFlag, socketFlags } from './agent-socket.ts';
import { runFlags } from './run-flags.ts';

const timeout: Flag = { name: 'timeout', kind: 'text', doc: 'how long to wait, such as 5s', otherwise: '5s' };

const fetchX509: Omit<Command, 'words'> = {
  summary: 'fetch X.509-SVIDs from the Workload API',
  flags: [
    { name: 'write', kind: 'text', doc: 'directory to write SVIDs, keys and bundles to' },
    { name: 'silent', kind: 'boolean', doc: 'print nothing' },
    timeout,
    ...socketFlags,
    outputFlag,
  ],
  load: async () => (await import('./api-fetch-x509.ts')).apiFetchX509,
};

export const agentCommands: readonly Command[] = [
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
      ...socketFlags,
      { name: 'shallow', kind: 'boolean', doc: 'less thorough; accepted for compatibility' },
      { name: 'verbose', kind: 'boolean', doc: 'say what is asked' },
    ],
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  { words: ['api', 'fetch'], ...fetchX509 },
  { words: ['api', 'fetch', 'x509'], ...fetchX509 },
  {
    words: ['api', 'watch'],
    summary: 'print X.509-SVIDs whenever they change',
    flags: [...socketFlags],
    load: async () => (await import('./api-watch.ts')).apiWatch,
  },
  {
    words: ['explain'],
    summary: 'why a process has, or lacks, an identity',
    flags: [
      { name: 'pid', kind: 'number', doc: 'process ID as the agent sees it' },
      { name: 'adminSocketPath', kind: 'text', doc: "the agent's admin socket" },
      outputFlag,
    ],
    load: async () => (await import('./explain.ts')).explain,
  },
];
