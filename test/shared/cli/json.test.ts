import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toJson } from '../../../shared/cli/json.ts';

it('prints messages with sorted keys, without nulls and oneof names, bytes as base64', () => {
  const message = {
    spiffe_id: { trust_domain: 'td', path: '/p' },
    id: 'x',
    expires_at: '0',
    parent_id: null,
    _additional_attributes: 'additional_attributes',
    asn1: Buffer.from([1, 2]),
    list: [],
  };
  assert.equal(
    toJson(message),
    '{"asn1":"AQI=","expires_at":"0","id":"x","list":[],"spiffe_id":{"path":"/p","trust_domain":"td"}}',
  );
});
