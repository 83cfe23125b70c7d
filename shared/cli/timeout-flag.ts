/** `-timeout`, as help and completion show it. Read by timeout. */
import type { Flag } from './flag.ts';

export const timeoutFlag = (otherwise: string): Flag => ({
  name: 'timeout',
  kind: 'text',
  doc: 'how long to wait for an answer, such as 500ms, 5s or 1m',
  otherwise,
});
