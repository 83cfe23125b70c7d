/**
 * The path that an HTTP request asks for, in the one spelling that rules are compared with. Servers, proxies and frameworks
 * read odd spellings in different ways: what one of them could take for another path is refused. Called by request-rules.
 */
import { type CodedError, invalidArgument } from '../errors.ts';

const TARGET_MAX_CHARS = 8_192; // RFC 9112 3 asks for 8,000 at least
/** RFC 3986 3.3: pchar, at least one. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
/** Of what needs no encoding (RFC 3986 2.3, 6.2.2.2): nobody sends it who means well. */
const NEEDLESS = /%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E)/;
const ENCODED = /%[0-9A-F]{2}/i;
/** Some drop spaces, what follows a semicolon, or a query and fragment that they find when they have decoded. */
const DOTS = /^\s*\.{1,2}\s*(?:[;?#]|$)/;

/**
 * The segments of a request target's path, percent-encodings in upper case; none for `/`. A slash at the end does not count.
 * Throws InvalidArgument where it is not a path in origin form (RFC 9112 3.2.1), or is spelled so that it could be another's.
 */
export function pathSegments(target: string): readonly string[] {
  if (target.length > TARGET_MAX_CHARS) throw refused(`is longer than ${TARGET_MAX_CHARS} characters`);
  const [path = ''] = target.split('?', 1);
  if (!path.startsWith('/')) throw refused('does not begin with a slash');
  if (path === '/') return [];
  const segments = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/');
  return segments.map(checkSegment);
}

function checkSegment(text: string): string {
  if (text === '') throw refused('has an empty segment');
  if (!SEGMENT.test(text)) throw refused('has a character that a path cannot have');
  const segment = text.replace(/%[0-9a-f]{2}/gi, (encoding) => encoding.toUpperCase());
  if (NEEDLESS.test(segment)) throw refused('encodes what needs no encoding');
  const plain = decode(segment).normalize('NFKC'); // as some file systems and frameworks fold it
  if (/[/\\\p{Cc}]/u.test(plain)) throw refused('encodes a slash, a backslash or a control character');
  if (ENCODED.test(plain)) throw refused('is encoded twice');
  if (DOTS.test(plain)) throw refused('has a dot segment');
  return segment;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw invalidArgument('the path encodes what is not UTF-8', { cause });
  }
}

const refused = (why: string): CodedError => invalidArgument(`the path ${why}`);
