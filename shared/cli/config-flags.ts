/** Flags of commands that read a configuration file: a table alone, for help and completion. Read by load-config. */
import type { ConfigFlag } from '../config/flags.ts';
import type { Flag } from './flag.ts';

/** Where the file is, and what stands above it. */
export const configFlags = (usualPath: string, above: readonly ConfigFlag[]): readonly Flag[] => [
  {
    name: 'config',
    kind: 'text',
    doc: 'configuration file, HCL or JSON',
    otherwise: usualPath,
    isPath: true,
  },
  { name: 'expandEnv', kind: 'boolean', doc: 'replace $VAR and ${VAR} in the configuration file' },
  ...above.map(
    ({ key: _of, takesValue, ...flag }) => ({ ...flag, kind: takesValue ? 'text' : 'boolean' }) as const,
  ),
];
