/** The rules of a bundle endpoint's URL (SPIFFE_Federation 5.1; SPIRE's words). Called by the wire layer of relationships. */
import { invalidArgument } from '../../shared/errors.ts';

const URL_MAX_CHARS = 2_048;
/** What readers of URLs pass over, or read each in its own way. */
const AMBIGUOUS = /[\p{Cc}\s\\]/u;

/** The text as it is. Throws InvalidArgument unless every reader finds the same host of a Web server in it, and no secret. */
export function checkEndpointUrl(text: string): string {
  if (text.length > URL_MAX_CHARS)
    throw invalidArgument(`bundle endpoint URL is longer than ${URL_MAX_CHARS} characters`);
  if (AMBIGUOUS.test(text)) throw malformed('it has a space, a control character or a backslash in it');
  if (!/^https:/i.test(text)) throw invalidArgument('bundle endpoint URL must use the https scheme');
  const [, authority = ''] = /^https:\/\/([^/?#]*)/i.exec(text) ?? [];
  if (authority === '') throw invalidArgument('bundle endpoint URL must specify the host');
  if (authority.includes('@')) throw invalidArgument('bundle endpoint URL must not contain user info');
  if (!URL.canParse(text)) throw malformed('its host or port is none');
  return text;
}

const malformed = (why: string) => invalidArgument(`failed to parse bundle endpoint URL: ${why}`);
