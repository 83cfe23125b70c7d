/** Numbers as HCL 1 writes them: decimal, hex, octal with a leading 0, fractions, exponents. */

const HEX = /^-?0[xX][0-9a-fA-F]+$/;
const OCTAL = /^-?0[0-7]+$/;
const DECIMAL = /^-?(?:0|[1-9]\d*|\d*\.\d+)(?:[eE][+-]?\d+)?$/;

/** The value, or undefined when the text is no number or none that can be told from its neighbours. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = sign < 0 ? text.slice(1) : text;
  if (HEX.test(text)) return finite(sign * Number.parseInt(digits, 16));
  if (OCTAL.test(text)) return finite(sign * Number.parseInt(digits, 8));
  return DECIMAL.test(text) ? finite(Number(text)) : undefined;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
