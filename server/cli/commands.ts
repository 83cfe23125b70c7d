/** Every command of `writ server`, which is also `spire-server`. */
import type { Command } from '../../shared/cli/command.ts';
import { withCompletion } from '../../shared/cli/completion.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { entryCommands } from './entry-commands.ts';
import { agentFilterFlags } from './agent-flags.ts';
import { levelFlag } from '../../shared/cli/print-logger.ts';
import { authorityCommands } from './authority-commands.ts';
import { bundleCommands } from './bundle-commands.ts';
import { mintCommands } from './mint-commands.ts';
import { oidcCommands } from './oidc-commands.ts';
import { runFlags } from './run-flags.ts';
import { adminFlags, serverFlags } from './server-socket.ts';

const agentSpiffeId: Flag = { name: 'spiffeID', kind: 'text', doc: "the agent's SPIFFE ID" };

export const serverCommands: readonly Command[] = withCompletion([
  {
    words: ['run'],
    summary: 'run the server',
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
    words: ['backup'],
    summary: 'write what the database holds into a file, while the server runs or not',
    flags: [{ name: 'write', kind: 'text', doc: 'path of the file', isPath: true }, ...runFlags],
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    words: ['restore'],
    summary: 'fill the database from a backup, while no server runs',
    flags: [
      { name: 'from', kind: 'text', doc: 'path of the file', isPath: true },
      { name: 'force', kind: 'boolean', doc: 'delete first what the database holds' },
      ...runFlags,
    ],
    load: async () => (await import('./backup.ts')).restore,
  },
  {
    words: ['healthcheck'],
    summary: 'ask whether the server is healthy',
    flags: [
      ...serverFlags,
      { name: 'shallow', kind: 'boolean', doc: 'less thorough; accepted for compatibility' },
      { name: 'verbose', kind: 'boolean', doc: 'say what is done' },
    ],
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  {
    words: ['token', 'generate'],
    summary: 'make a join token for one agent',
    flags: [
      { name: 'ttl', kind: 'number', doc: 'seconds until it expires unused', otherwise: '600' },
      { name: 'spiffeID', kind: 'text', doc: 'a further SPIFFE ID for the agent that uses it' },
      ...adminFlags,
    ],
    load: async () => (await import('./token-generate.ts')).tokenGenerate,
  },
  ...entryCommands,
  {
    words: ['agent', 'list'],
    summary: 'list attested agents',
    flags: [...agentFilterFlags, ...adminFlags],
    load: async () => (await import('./agent-list.ts')).agentList,
  },
  {
    words: ['agent', 'count'],
    summary: 'count attested agents',
    flags: [...agentFilterFlags, ...adminFlags],
    load: async () => (await import('./agent-count.ts')).agentCount,
  },
  {
    words: ['agent', 'show'],
    summary: 'show one attested agent',
    flags: [agentSpiffeId, ...adminFlags],
    load: async () => (await import('./agent-show.ts')).agentShow,
  },
  {
    words: ['agent', 'ban'],
    summary: 'ban an agent: it may not attest again',
    flags: [agentSpiffeId, ...adminFlags],
    load: async () => (await import('./agent-ban.ts')).agentBan,
  },
  {
    words: ['agent', 'evict'],
    summary: 'forget an agent: it may attest again',
    flags: [agentSpiffeId, ...adminFlags],
    load: async () => (await import('./agent-evict.ts')).agentEvict,
  },
  {
    words: ['agent', 'purge'],
    summary: 'forget agents that could attest again and have been expired for long',
    flags: [
      { name: 'expiredFor', kind: 'text', doc: "how long ago an agent's SVID expired", otherwise: '720h' },
      { name: 'dryRun', kind: 'boolean', doc: 'only say which agents that would be' },
      ...adminFlags,
    ],
    load: async () => (await import('./agent-purge.ts')).agentPurge,
  },
  ...mintCommands,
  ...bundleCommands,
  ...authorityCommands,
  ...oidcCommands(['oidc']),
  {
    words: ['debug', 'getinfo'],
    summary: 'say how long the server runs, what it holds, and by which SVID',
    flags: adminFlags,
    load: async () => (await import('./debug-getinfo.ts')).debugGetinfo,
  },
  {
    words: ['logger', 'get'],
    summary: "show the level of the server's log",
    flags: adminFlags,
    load: async () => (await import('./logger-get.ts')).loggerGet,
  },
  {
    words: ['logger', 'set'],
    summary: "change the level of the server's log while it runs",
    flags: [levelFlag, ...adminFlags],
    load: async () => (await import('./logger-set.ts')).loggerSet,
  },
  {
    words: ['logger', 'reset'],
    summary: "set the level of the server's log back to that of its start",
    flags: adminFlags,
    load: async () => (await import('./logger-reset.ts')).loggerReset,
  },
]);
