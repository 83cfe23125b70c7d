/** Flags that stand above the `log_*` keys, the same for server and agent: a table alone, for help and completion. */
import type { ConfigFlag } from './flags.ts';

export const logFlags = [
  {
    name: 'logLevel',
    key: 'log_level',
    takesValue: true,
    doc: 'TRACE, DEBUG, INFO, WARN, ERROR, FATAL or PANIC',
    values: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'PANIC'],
  },
  { name: 'logFormat', key: 'log_format', takesValue: true, doc: 'text or json', values: ['text', 'json'] },
  { name: 'logFile', key: 'log_file', takesValue: true, doc: 'file to write logs to', isPath: true },
  {
    name: 'logSourceLocation',
    key: 'log_source_location',
    takesValue: false,
    doc: 'name file and line in each log line',
  },
] as const satisfies readonly ConfigFlag[];
