/** Asks the kubelet of this node for its pods, over HTTP(S). Used by pod-lists. */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { checkServerIdentity } from 'node:tls';
import type { Clock } from '../../../shared/clock.ts';
import { printable } from '../../../shared/cli/printable.ts';
import { type CodedError, internal, messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import type { KubeletConfig } from '../../config/k8s-attestor-fields.ts';
import { KubeletAccessFiles } from './kubelet-access.ts';

export interface KubeletClient {
  /** The body of its answer; throws Internal, in SPIRE's words and with what to do. Rejects with the signal's reason. */
  listPods(signal: AbortSignal): Promise<Uint8Array>;
}

export interface KubeletClientDeps {
  readonly kubelet: KubeletConfig;
  /** Host to call; undefined: this machine, whose name is then not looked for in the certificate. */
  readonly nodeName: string | undefined;
  /** Of the list; default: PODS_MAX_BYTES. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A list of 110 pods has about 1 MB; Kubernetes stands for 5,000 nodes of at most some hundred pods. */
export const PODS_MAX_BYTES = 64 * 1024 * 1024;
const REFUSAL_MAX_BYTES = 1_024; // as much as SPIRE tells
const LOCAL = '127.0.0.1';
const PATH = '/pods';

export function kubeletClient(deps: KubeletClientDeps): KubeletClient {
  const { kubelet, nodeName, maxBytes = PODS_MAX_BYTES, clock, log } = deps;
  if (kubelet.kind === 'read-only') {
    const options = { host: LOCAL, port: kubelet.port, path: PATH, agent: false };
    return { listPods: (signal) => answerOf(httpRequest({ ...options, signal }), maxBytes) };
  }
  const access = new KubeletAccessFiles(kubelet, { clock, log });
  access.readAhead();
  return {
    listPods: async (signal) => {
      const { tls, token } = access.current();
      const request = httpsRequest({
        host: nodeName ?? LOCAL,
        port: kubelet.port,
        path: PATH,
        agent: false, // a list now and then: a connection that is kept would keep an old login
        ...tls,
        rejectUnauthorized: kubelet.caPath !== undefined,
        // Certificates of kubelets name their node, which is not known here; as with SPIRE, being of the CA is enough.
        checkServerIdentity: nodeName === undefined ? () => undefined : checkServerIdentity,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal,
      });
      return answerOf(request, maxBytes, () => access.refused());
    },
  };
}

async function answerOf(
  request: ClientRequest,
  maxBytes: number,
  onUnauthorized = (): void => {},
): Promise<Uint8Array> {
  const response = await responseTo(request);
  try {
    if (response.statusCode === 401) onUnauthorized();
    if (response.statusCode !== 200) throw await refusal(response);
    return await bodyOf(response, maxBytes);
  } finally {
    request.destroy();
  }
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', (error) =>
      reject(internal(`unable to perform request: ${messageOf(error)}${adviceOn(error)}`, { cause: error })),
    );
    request.end();
  });
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxBytes) throw internal(`it is longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw internal(`unable to read pods response: ${messageOf(error)}`, { cause: error });
  }
  return Buffer.concat(chunks, length);
}

async function refusal(response: IncomingMessage): Promise<CodedError> {
  const { statusCode = 0 } = response;
  const said = await firstOf(response);
  const advice = ADVICE_ON_STATUS[statusCode];
  return internal(
    `unexpected status code on pods response: ${statusCode} ${said}${advice === undefined ? '' : `: ${advice}`}`,
  );
}

/** What fits on a line of the log. */
async function firstOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length >= REFUSAL_MAX_BYTES) break;
    }
  } catch {
    // the status says enough
  }
  return printable(text.slice(0, REFUSAL_MAX_BYTES).trim());
}

const ADVICE_ON_STATUS: Readonly<Record<number, string>> = {
  401: 'the kubelet does not know who asks: see token_path, and that the kubelet verifies tokens (authentication.webhook)',
  403: 'the agent may not list pods: give its service account the verb get on nodes/proxy',
};

const CHAIN_FAULTS =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)$/;

function adviceOn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (CHAIN_FAULTS.test(code))
    return ': its certificate is not of kubelet_ca_path; give the CA that signs it, or let the cluster sign it (serverTLSBootstrap)';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return ': set node_name to a name or address that its certificate has';
  if (code === 'ECONNREFUSED')
    return ': run the agent in the network of its node (hostNetwork), or set node_name';
  return '';
}
