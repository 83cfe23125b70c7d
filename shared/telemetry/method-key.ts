/** The key of an RPC's metrics, as SPIRE names it. Used by server/api/gate. */

const SHORT_NAMES: Readonly<Record<string, string>> = {
  'grpc.health.v1.Health': 'Health',
  SpiffeWorkloadAPI: 'WorkloadAPI',
};
const SERVER_PREFIX = 'spire.api.server.';

/** Of `/package.Service/Rpc`: `rpc.agent.v1.agent.attest_agent`. */
export function methodKey(method: string): string {
  const [, service = '', rpc = ''] = method.split('/');
  const name =
    SHORT_NAMES[service] ??
    (service.startsWith(SERVER_PREFIX) ? service.slice(SERVER_PREFIX.length) : service);
  return ['rpc', ...name.split('.'), rpc].map(snake).join('.');
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
