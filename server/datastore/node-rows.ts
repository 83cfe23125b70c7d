/** Attested nodes as rows of the table `nodes`. Used by nodes.ts, node-deeds.ts and the node feed. */
import type { Node, NodeCertificate } from '../nodes/node.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { FeedItems } from './changes.ts';
import { sortedKeys } from './entry-rows.ts';

export interface NodeRow {
  readonly row_id: number | null;
  readonly id: string;
  readonly attestation_type: string;
  readonly serial_number: string | null;
  readonly expires_at: Date | null;
  readonly pending_serial_number: string | null;
  readonly pending_expires_at: Date | null;
  readonly can_reattest: boolean;
  readonly selectors: readonly string[];
  readonly agent_version: string;
}

export const NODE_COLUMNS = `item.id, item.attestation_type, item.serial_number, item.expires_at,
  item.pending_serial_number, item.pending_expires_at, item.can_reattest, to_json(item.selectors) as selectors,
  item.agent_version`;

export const nodeItems: FeedItems<Node, NodeRow> = {
  feed: 'nodes',
  columns: NODE_COLUMNS,
  toItem: (row) => toNode(row),
};

export const toNode = (row: NodeRow): Node => ({
  id: SpiffeId.parse(row.id),
  attestationType: row.attestation_type,
  current: toCertificate(row.serial_number, row.expires_at),
  ...(row.serial_number === null && row.expires_at !== null ? { bannedExpiresAt: row.expires_at } : {}),
  pending: toCertificate(row.pending_serial_number, row.pending_expires_at),
  canReattest: row.can_reattest,
  selectors: row.selectors.map(parseSelector),
  agentVersion: row.agent_version,
});

const toCertificate = (serialNumber: string | null, expiresAt: Date | null): NodeCertificate | undefined =>
  serialNumber === null || expiresAt === null ? undefined : { serialNumber, expiresAt };

/** One object for each node, read by json_to_recordset in INSERT_NODES. */
export const toNodeRecord = (node: Node): Readonly<Record<string, unknown>> => ({
  id: node.id.toString(),
  attestation_type: node.attestationType,
  serial_number: node.current?.serialNumber,
  expires_at: node.current?.expiresAt,
  can_reattest: node.canReattest,
  selectors: sortedKeys(node.selectors),
  agent_version: node.agentVersion,
});

/** $1: a JSON list of records, each of another node. */
const INSERT_NODES = `
  insert into nodes as item (id, attestation_type, serial_number, expires_at, can_reattest, selectors, agent_version)
  select id, attestation_type, serial_number, expires_at, can_reattest, selectors, agent_version
  from json_to_recordset($1::json) as record (id text, attestation_type text, serial_number text,
    expires_at timestamptz, can_reattest boolean, selectors text[], agent_version text)
  order by id`;

/** Returns the ids it wrote: banned nodes, and those of another attestor, are left alone. */
export const UPSERT_NODES = `${INSERT_NODES}
  on conflict (id) do update set attestation_type = excluded.attestation_type, serial_number = excluded.serial_number,
    expires_at = excluded.expires_at, pending_serial_number = null, pending_expires_at = null,
    can_reattest = excluded.can_reattest, selectors = excluded.selectors, agent_version = excluded.agent_version
  where item.serial_number is not null and item.attestation_type = excluded.attestation_type
  returning item.id`;

/** Returns the ids it wrote: every node that is there is left alone. */
export const ADD_NODES = `${INSERT_NODES}
  on conflict (id) do nothing
  returning item.id`;
