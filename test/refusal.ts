/** What tests expect of a refusal, for assert.throws and assert.rejects: a CodedError of that code that says it so. */
import assert from 'node:assert/strict';
import { type Code, CodedError } from '../shared/errors.ts';

export const isRefusal = (code: Code, telling: RegExp | string) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.equal(error.code, code);
  if (typeof telling === 'string') assert.ok(error.message.includes(telling), error.message);
  else assert.match(error.message, telling);
  return true;
};
