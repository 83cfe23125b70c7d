/** A distinguished name as people read it, the way Go prints one (RFC 2253). Used where a certificate is shown. */
import { toHex } from '../bytes.ts';
import { DerReader, Tag } from './der.ts';

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
};
const TEXT_TAGS: readonly number[] = [Tag.utf8String, Tag.printableString, Tag.ia5String];

/** `CN=a,O=SPIRE,C=US`: the last part first. Of the DER of a Name; throws on what is none. */
export function nameText(name: Uint8Array): string {
  const relativeNames = new DerReader(name).enter(Tag.sequence);
  const parts: string[] = [];
  while (!relativeNames.isDone) {
    const attributes = relativeNames.enter(Tag.set);
    const values: string[] = [];
    while (!attributes.isDone) values.push(attributeText(attributes.enter(Tag.sequence)));
    parts.unshift(values.join('+'));
  }
  return parts.join(',');
}

function attributeText(attribute: DerReader): string {
  const oid = attribute.oid();
  const tag = attribute.peekTag();
  const name = SHORT_NAMES[oid];
  if (name === undefined || !TEXT_TAGS.includes(tag)) return `${name ?? oid}=#${toHex(attribute.raw(tag))}`;
  return `${name}=${escaped(Buffer.from(attribute.contents(tag)).toString('utf8'))}`;
}

/** RFC 2253 2.4 */
const escaped = (value: string): string =>
  value.replace(/[,+"\\<>;]/g, '\\$&').replace(/^[ #]|(?<!^) $/g, '\\$&');
