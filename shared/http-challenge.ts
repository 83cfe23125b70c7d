/** What both halves of the node attestor http_challenge agree on (SPIRE's wire). Used by attest-node/http-challenge of both. */

/** What the node says first, as JSON. */
export interface HttpChallengeClaim {
  readonly hostname: string;
  readonly agentname: string;
  readonly port: number;
}

/** Where the node answers. */
export const challengePath = (agentName: string): string =>
  `/.well-known/spiffe/nodeattestor/http_challenge/${agentName}/challenge`;

const AGENT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/; // SPIRE: letters first, 32 characters at most

/** Whether it can be part of the path, and of nothing else. */
export const isAgentName = (name: string): boolean => AGENT_NAME.test(name);

const HOST_NAME_MAX_CHARS = 253; // RFC 1035 2.3.4
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/; // RFC 1123 2.1, and the underscore of many a container
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/; // such a last label makes an address of it: 127.1, 0x7f000001 (inet_aton(3))

/** Whether it is the name of a host, in lower case, rather than an address in whatever writing. */
export function isHostName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= HOST_NAME_MAX_CHARS &&
    labels.every((label) => LABEL.test(label)) &&
    !NUMBER.test(labels.at(-1) ?? '')
  );
}
