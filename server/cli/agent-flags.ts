/** Flags that filter agents: a table alone, for help and completion. Read by flags-to-agent-filter. */
import type { Flag } from '../../shared/cli/flag.ts';

export const agentFilterFlags: readonly Flag[] = [
  { name: 'selector', kind: 'list', doc: 'type:value of the node' },
  {
    name: 'matchSelectorsOn',
    kind: 'text',
    doc: 'exact, any, superset or subset',
    values: ['exact', 'any', 'superset', 'subset'],
    otherwise: 'superset',
  },
  {
    name: 'attestationType',
    kind: 'text',
    doc: 'only agents attested this way, such as join_token',
    values: ['join_token'],
  },
  { name: 'canReattest', kind: 'text', doc: 'true or false', values: ['true', 'false'] },
  { name: 'banned', kind: 'text', doc: 'true or false', values: ['true', 'false'] },
  { name: 'expiresBefore', kind: 'text', doc: 'a time such as "2026-01-31 13:00:00 +0100 +01"' },
];
