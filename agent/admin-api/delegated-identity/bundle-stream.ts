/** The course of both bundle streams for delegates: all bundles, again after every change. */
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import type { BundleCache } from '../../cache/bundle-cache.ts';
import type { PushTurns } from '../../workload-api/push-turns.ts';
import { tellUpdates } from '../../workload-api/update-stream.ts';
import { type AdminContext, delegateOf } from '../gate.ts';

export interface BundleStreamDeps {
  readonly bundles: Pick<BundleCache, 'own' | 'federated' | 'watch'>;
  readonly turns: PushTurns;
}

/**
 * DIVERGES: with SPIRE, a bundle that the agent holds no more is sent until the stream ends. Here it is left out of the
 * next message, which a client must take for withdrawn.
 */
export const bundleStream = <Res extends object>(
  { bundles, turns }: BundleStreamDeps,
  toMessage: (bundles: readonly Bundle[]) => Res,
): Handler<AdminContext> =>
  serverStream((_request: object, context: AdminContext, send: Send<Res>) =>
    tellUpdates({
      subscribe: (onUpdate) => bundles.watch(() => onUpdate(sorted(bundles))),
      toMessage,
      reader: delegateOf(context),
      turns,
      send,
      signal: context.signal,
    }),
  );

const sorted = ({ own, federated }: BundleStreamDeps['bundles']): readonly Bundle[] =>
  [own, ...federated].sort((a, b) => (a.trustDomain.name < b.trustDomain.name ? -1 : 1));
