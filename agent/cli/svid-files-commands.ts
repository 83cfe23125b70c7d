/** The commands of the helper: `writ agent helper`, or `spiffe-helper` without those words. */
import type { Command } from '../../shared/cli/command.ts';
import { configFlags } from '../../shared/cli/config-flags.ts';
import { helperFlags } from '../svid-files/config/flags.ts';

const DEFAULT_CONFIG = 'helper.conf'; // spiffe-helper's
const flags = configFlags(DEFAULT_CONFIG, helperFlags);

export const helperCommands = (words: readonly string[]): readonly Command[] => [
  {
    words,
    summary: 'write SVIDs and bundles to files, keep them fresh, and run or signal a program that reads them',
    flags,
    load: async () => (await import('./svid-files.ts')).helper,
  },
  {
    words: [...words, 'validate'],
    summary: "check the helper's configuration file",
    flags,
    load: async () => (await import('./svid-files.ts')).helperValidate,
  },
];
