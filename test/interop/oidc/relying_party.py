"""A relying party of OIDC: finds keys through discovery, and verifies a token for each line of its input.

Arguments: the issuer's URL, a PEM file of the authority of its web certificate, the audience, and "issuer" where the
token must have been issued by whom the document names. Says JSON, a line each.
"""

import json
import ssl
import sys

import jwt
import requests

url, authority, audience, *wanted = sys.argv[1:]

found = requests.get(f"{url}/.well-known/openid-configuration", verify=authority, timeout=10)
found.raise_for_status()
document = found.json()
# A key is published long before it signs, so that 30 s between two fetches are no loss; a test does not wait for them.
keys = jwt.PyJWKClient(
    document["jwks_uri"],
    ssl_context=ssl.create_default_context(cafile=authority),
    timeout=10,
    cooldown_duration=0,
)


def verify(token):
    key = keys.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token,
        key,
        algorithms=document["id_token_signing_alg_values_supported"],
        audience=audience,
        issuer=document["issuer"] if wanted else None,
        options={"require": ["exp", "sub", "aud"]},
    )
    header = jwt.get_unverified_header(token)
    return {"sub": claims["sub"], "iss": claims.get("iss"), "kid": key.key_id, "alg": header["alg"]}


print(json.dumps({"issuer": document["issuer"]}), flush=True)
for line in sys.stdin:
    try:
        print(json.dumps(verify(line.strip())), flush=True)
    except jwt.exceptions.PyJWTError as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
