/** `health_checks {}`, the same in server.conf and agent.conf. */
import { boolean, port, text } from './kinds.ts';
import { defaulting, type Shape } from './shape.ts';

export interface HealthChecksConfig {
  readonly listenerEnabled: boolean;
  readonly bindAddress: string;
  readonly bindPort: number;
  readonly livePath: string;
  readonly readyPath: string;
}

export const healthChecksShape: Shape<HealthChecksConfig> = (block) => ({
  listenerEnabled: block.field(
    'listener_enabled',
    defaulting(boolean, false, { doc: 'answer liveness and readiness over HTTP' }),
  ),
  bindAddress: block.field('bind_address', defaulting(text, 'localhost', { doc: 'address to listen on' })),
  bindPort: block.field('bind_port', defaulting(port, 80, { doc: 'port to listen on' })),
  livePath: block.field('live_path', defaulting(text, '/live', { doc: 'HTTP path of the liveness answer' })),
  readyPath: block.field(
    'ready_path',
    defaulting(text, '/ready', { doc: 'HTTP path of the readiness answer' }),
  ),
});
