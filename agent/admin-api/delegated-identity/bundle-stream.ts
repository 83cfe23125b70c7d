/** The course of both bundle streams for delegates: all bundles, again after every change. */
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import type { BundleCache } from '../../cache/bundle-cache.ts';
import { areEqual, type Bundles } from '../../workload-api/bundles-stream.ts';
import type { PushTurns } from '../../workload-api/push-turns.ts';
import { tellUpdates } from '../../workload-api/update-stream.ts';
import { type AdminContext, delegateOf } from '../gate.ts';

export interface BundleStreamDeps {
  readonly bundles: Pick<BundleCache, 'own' | 'federated' | 'watch'>;
  readonly turns: PushTurns;
}

/** How bundles are written in the messages of one RPC. */
interface BundleForm<Res> {
  /** Undefined leaves it out. */
  readonly bytesOf: (bundle: Bundle) => Uint8Array | undefined;
  /** By trust domain ID, sorted. */
  readonly toResponse: (bundles: Bundles<Uint8Array>) => Res;
}

/**
 * DIVERGES: with SPIRE, a bundle that the agent holds no more is sent until the stream ends. Here it is left out of the
 * next message, which a client must take for withdrawn.
 */
export const bundleStream = <Res extends object>(
  { bundles, turns }: BundleStreamDeps,
  form: BundleForm<Res>,
): Handler<AdminContext> =>
  serverStream((_request: object, context: AdminContext, send: Send<Res>) => {
    let last: Bundles<Uint8Array> | undefined;
    return tellUpdates({
      subscribe: (onUpdate) => bundles.watch(() => onUpdate([bundles.own, ...bundles.federated])),
      toMessage: (held: readonly Bundle[]) => {
        const next = written(held, form);
        if (last !== undefined && areEqual(last, next)) return undefined; // it changed in what is not told here
        last = next;
        return form.toResponse(next);
      },
      reader: delegateOf(context),
      turns,
      send,
      signal: context.signal,
    });
  });

function written<Res>(held: readonly Bundle[], { bytesOf }: BundleForm<Res>): Bundles<Uint8Array> {
  const entries = held.flatMap((bundle) => {
    const bytes = bytesOf(bundle);
    return bytes === undefined ? [] : [[bundle.trustDomain.id, bytes] as const];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
