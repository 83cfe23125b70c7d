/** The key of an RPC's metrics, as SPIRE names it. Used by the gates of server and agent. */

const SHORT_NAMES: Readonly<Record<string, string>> = {
  'grpc.health.v1.Health': 'Health',
  SpiffeWorkloadAPI: 'WorkloadAPI',
  'envoy.service.secret.v3.SecretDiscoveryService': 'SDS.v3',
  'spire.api.agent.delegatedidentity.v1.DelegatedIdentity': 'DelegatedIdentity',
  'spire.api.server.logger.v1.Logger': 'Logger',
  'spire.api.agent.logger.v1.Logger': 'spire.api.agent.Logger',
};
/** Where the rule for words gives another name than SPIRE's. */
const METHODS: Readonly<Record<string, string>> = { SubscribeToX509SVIDs: 'subscribe_to_x509_svids' };
const SERVER_PREFIX = 'spire.api.server.';

/** Of `/package.Service/Rpc`: `rpc.agent.v1.agent.attest_agent`. */
export function methodKey(method: string): string {
  const [, service = '', rpc = ''] = method.split('/');
  const name =
    SHORT_NAMES[service] ??
    (service.startsWith(SERVER_PREFIX) ? service.slice(SERVER_PREFIX.length) : service);
  return ['rpc', ...name.split('.').map(snake), METHODS[rpc] ?? snake(rpc)].join('.');
}

const isLower = (character: string | undefined): boolean =>
  character !== undefined && /[a-z]/.test(character);

/** A capital letter begins a word where one beside it is small; the last letter never does (`BatchNewX509SVID`: batch_new_x509svid). */
function snake(name: string): string {
  return name
    .split('')
    .map((character, at, all) => {
      const isCapital = /[A-Z]/.test(character);
      const begins =
        isCapital && at > 0 && at + 1 < all.length && (isLower(all[at + 1]) || isLower(all[at - 1]));
      return `${begins ? '_' : ''}${character.toLowerCase()}`;
    })
    .join('');
}
