/** Flags of `entry update -patch` beside those of an entry: a table alone. Read by entry-patch. */
import type { Flag } from '../../shared/cli/flag.ts';

/** What `-clear` can empty; everything else has a value that says so. */
export const CLEARED = ['dns', 'federatesWith', 'hint'] as const;

export const patchFlags: readonly Flag[] = [
  {
    name: 'patch',
    kind: 'boolean',
    doc: 'change only what flags say; what others changed meanwhile is not lost',
  },
  { name: 'clear', kind: 'list', doc: 'with -patch: empty dns, federatesWith or hint', values: CLEARED },
  { name: 'revision', kind: 'text', doc: 'with -patch: only if the entry is at this revision' },
];
