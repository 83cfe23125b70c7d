/** The `prune_*` keys of `server {}`. Called by server-fields. */
import { boolean, duration, integer } from '../../shared/config/kinds.ts';
import { type Block, defaulting, optional } from '../../shared/config/shape.ts';

export interface PruneNodesConfig {
  readonly expiredForSeconds: number;
  readonly batchSize: number;
  /** Those too that cannot attest again. */
  readonly includesTofu: boolean;
}

const BATCH_DEFAULT = 1_000; // SPIRE's
const BATCH_MAX = 100_000; // in one transaction, which has ten seconds

const OTHERS = ['prune_attested_nodes_batch_size', 'prune_tofu_nodes'];

export function pruneNodesFields(block: Block): PruneNodesConfig | undefined {
  const expiredForSeconds = block.field(
    'prune_attested_nodes_expired_for',
    optional(
      duration(0),
      'once an hour, delete the records of agents whose SVID ended so long ago; never without it, or at 0s',
    ),
  );
  const batchSize = block.field(
    'prune_attested_nodes_batch_size',
    defaulting(integer(0, BATCH_MAX), BATCH_DEFAULT, { doc: 'how many of them at most in an hour' }),
  );
  const includesTofu = block.field(
    'prune_tofu_nodes',
    defaulting(boolean, false, { doc: 'those too that cannot attest again, by a join token for one' }),
  );
  if (expiredForSeconds === undefined || expiredForSeconds === 0) {
    for (const key of OTHERS)
      if (block.isSet(key))
        block.warn(`"${key}" has no effect without "prune_attested_nodes_expired_for"`, key);
    return undefined;
  }
  return { expiredForSeconds, batchSize: batchSize || BATCH_DEFAULT, includesTofu };
}
