/** The helper's flag that stands above its file. A table alone: the command line lists it without loading the configuration. */
import type { ConfigFlag } from '../../../shared/config/flags.ts';

export const helperFlags = [
  {
    name: 'daemon-mode',
    key: 'daemon_mode',
    takesValue: false,
    doc: 'keep the files fresh; -daemon-mode=false fetches once and ends',
  },
] as const satisfies readonly ConfigFlag[];
