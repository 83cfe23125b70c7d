/** The commands that `writ up` proposes when everything runs. */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Layout } from './layout.ts';

export const nextCommands = (layout: Layout, nodeId: SpiffeId): string => `
Everything runs. Try next, in another terminal:

  register a workload of your own: every process of your user
    ./writ server entry create -socketPath ${layout.server.socket} \\
      -parentID ${nodeId} -spiffeID ${nodeId.trustDomain.id}/me -selector unix:uid:$(id -u)

  fetch its SVID
    ./writ agent api fetch x509 -socketPath ${layout.agent.socket}

  ask why a process has, or lacks, an identity
    ./writ agent explain -adminSocketPath ${layout.agent.adminSocket} -pid $$

  see what is registered
    ./writ server entry show -socketPath ${layout.server.socket}

Logs are in ${layout.logs}. Ctrl-C stops everything; the next 'npm start' goes on from here,
'npm start -- --fresh' starts over.`;
