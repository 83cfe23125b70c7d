/** The commands about registration entries. */
import type { Command } from '../../shared/cli/command.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { entryFilterFlags, entryFlags } from './entry-flags.ts';
import { patchFlags } from './patch-flags.ts';
import { adminFlags } from './server-socket.ts';

const entryId: Flag = { name: 'entryID', kind: 'text', doc: "the entry's ID" };

const applyFlags: readonly Flag[] = [
  { name: 'file', short: 'f', kind: 'text', doc: 'YAML or JSON file, - for standard input', isPath: true },
  { name: 'dryRun', kind: 'boolean', doc: 'only show it; exits 2 where something would change' },
  { name: 'prune', kind: 'boolean', doc: "delete what is in the file's scope and not in the file" },
  ...adminFlags,
];

export const entryCommands: readonly Command[] = [
  {
    words: ['entry', 'create'],
    summary: 'register a workload',
    flags: [
      ...entryFlags,
      { name: 'data', kind: 'text', doc: 'JSON file with entries, - for standard input', isPath: true },
      { name: 'node', kind: 'boolean', doc: 'register nodes: the parent is the server' },
      ...adminFlags,
    ],
    load: async () => (await import('./entry-create.ts')).entryCreate,
  },
  {
    words: ['entry', 'update'],
    summary: 'replace a registration entry, or with -patch what flags say of it',
    flags: [
      ...entryFlags,
      ...patchFlags,
      { name: 'data', kind: 'text', doc: 'JSON file with entries, - for standard input', isPath: true },
      ...adminFlags,
    ],
    load: async () => (await import('./entry-update.ts')).entryUpdate,
  },
  {
    words: ['entry', 'show'],
    summary: 'show registration entries',
    flags: [entryId, ...entryFilterFlags, ...adminFlags],
    load: async () => (await import('./entry-show.ts')).entryShow,
  },
  {
    words: ['entry', 'count'],
    summary: 'count registration entries',
    flags: [...entryFilterFlags, ...adminFlags],
    load: async () => (await import('./entry-count.ts')).entryCount,
  },
  {
    words: ['entry', 'explain'],
    summary: 'say which agents are authorized for an entry, and why the others are not',
    flags: [entryId, ...adminFlags],
    load: async () => (await import('./entry-explain.ts')).entryExplain,
  },
  {
    words: ['entry', 'export'],
    summary: 'print registration entries as a YAML file for entry apply, or with -output json as JSON',
    flags: [
      ...entryFilterFlags,
      { name: 'withoutIDs', kind: 'boolean', doc: 'leave entry IDs out: for another server' },
      ...adminFlags,
    ],
    load: async () => (await import('./entry-export.ts')).entryExport,
  },
  {
    words: ['entry', 'apply'],
    summary: 'make registration entries what a file says, all of it or nothing; shows what changes',
    flags: applyFlags,
    load: async () => (await import('./entry-apply.ts')).entryApply,
  },
  {
    words: ['entry', 'watch'],
    summary: 'print changes of registration entries as they happen, until it is stopped',
    flags: [
      ...entryFilterFlags,
      {
        name: 'from',
        kind: 'text',
        doc: 'position to go on from, as -output json or an earlier end tells it',
      },
      ...adminFlags,
    ],
    load: async () => (await import('./entry-watch.ts')).entryWatch,
  },
  {
    words: ['entry', 'delete'],
    summary: 'delete registration entries',
    flags: [
      entryId,
      { name: 'file', kind: 'text', doc: 'JSON file {"ids": [...]}, - for standard input', isPath: true },
      ...adminFlags,
    ],
    load: async () => (await import('./entry-delete.ts')).entryDelete,
  },
];
