"""A workload written with the Python SDK.

The suite beside it runs it and reads what it prints: one JSON object per line. The address of the Workload API comes
from SPIFFE_ENDPOINT_SOCKET.
"""

import json
import signal
import socket
import sys
import threading

from OpenSSL import SSL
from cryptography import x509
from spiffe import JwtSource, JwtSvid, SpiffeId, WorkloadApiClient, X509Source
from spiffetls import ClientTlsMode, ListenOptions, ServerTlsMode, create_ssl_context, dial, listen
from spiffetls.tlsconfig.authorize import authorize_id

PATIENCE_SECONDS = 30

printing = threading.Lock()


def say(event, **fields):
    with printing:
        print(json.dumps({"event": event, **fields}), flush=True)


def tell(event, context):
    svid = context.default_svid
    bundles = sorted(bundle.trust_domain.name for bundle in context.x509_bundle_set.bundles)
    say(
        event,
        id=str(svid.spiffe_id),
        serial=str(svid.leaf.serial_number),
        chain=len(svid.cert_chain),
        bundles=bundles,
    )


def fetch():
    """Gets an X.509 context as it is now."""
    client = WorkloadApiClient()
    try:
        tell("svid", client.fetch_x509_context(timeout=PATIENCE_SECONDS))
    finally:
        client.close()


def watch():
    """Prints every update of one long stream, and what ended it."""
    client = WorkloadApiClient()
    ended = threading.Event()

    def fail(error):
        say("error", error=str(error))
        ended.set()

    client.stream_x509_contexts(lambda context: tell("update", context), fail)
    ended.wait()


def source():
    """Prints what an X509Source holds at each of its updates."""
    held = X509Source(timeout_in_seconds=PATIENCE_SECONDS)
    held.subscribe_for_updates(lambda: tell("update", held.get_x509_context()))
    tell("update", held.get_x509_context())
    threading.Event().wait()


def serve(client):
    """Greets clients that have this ID, over mTLS, and tells which ones it refused."""
    held = X509Source(timeout_in_seconds=PATIENCE_SECONDS)
    options = ListenOptions(tls_mode=ServerTlsMode.MTLS, authorize_fn=authorize_id(SpiffeId(client)))
    listener = listen("127.0.0.1:0", held, options)
    tell_address(listener)
    while True:
        connection, _ = listener.accept()
        greet(connection)


def serve_anew(client):
    """The same, with a TLS context for each connection.

    The one that listen() makes does not follow a rotation: pyOpenSSL, as the SDK requires it, lets nobody change a
    context that has had a connection.
    """
    held = X509Source(timeout_in_seconds=PATIENCE_SECONDS)
    authorize = authorize_id(SpiffeId(client))
    listener = socket.create_server(("127.0.0.1", 0))
    tell_address(listener)
    while True:
        accepted, _ = listener.accept()
        connection = SSL.Connection(create_ssl_context(SSL.TLS_SERVER_METHOD, held, authorize), accepted)
        connection.set_accept_state()
        greet(connection)


def tell_address(listener):
    host, port = listener.getsockname()
    say("listening", address=f"{host}:{port}")


def greet(connection):
    try:
        connection.do_handshake()
        name = id_of(connection)
        say("accepted", id=name)
        connection.sendall(f"hello {name}".encode())
        connection.shutdown()
    except (SSL.Error, OSError) as error:
        say("refused", error=repr(error))
    finally:
        connection.close()


def call(address, server):
    """Connects to a server that must have this ID, and prints what it says."""
    held = X509Source(timeout_in_seconds=PATIENCE_SECONDS)
    try:
        connection = dial(address, held, ClientTlsMode.TLS, authorize_id(SpiffeId(server)))
        say("answer", id=id_of(connection), text=read_all(connection))
        connection.close()
    finally:
        held.close()


def read_all(connection):
    text = b""
    while True:
        try:
            text += connection.recv(4096)
        except SSL.ZeroReturnError:
            return text.decode()


def id_of(connection):
    """The URI in the certificate, which the SDK has verified and authorized before."""
    certificate = connection.get_peer_certificate().to_cryptography()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)[0]


def token(*audience):
    """Gets a token through a JWT source, and verifies it by the source's bundles."""
    held = JwtSource(timeout_in_seconds=PATIENCE_SECONDS)
    try:
        svid = held.fetch_svid(set(audience))
        own = JwtSvid.parse_and_validate(svid.token, bundle_of(held, svid), set(audience))
        say("token", id=str(own.spiffe_id), text=svid.token)
    finally:
        held.close()


def validate(audience, text):
    """Has a token verified by the Workload API, and by the bundles that it gives."""
    client = WorkloadApiClient()
    try:
        answered = client.validate_jwt_svid(text, audience)
        own = JwtSvid.parse_and_validate(text, bundle_of(client.fetch_jwt_bundles(), answered), {audience})
        say("token", id=str(answered.spiffe_id), text=str(own.spiffe_id))
    finally:
        client.close()


def bundle_of(bundles, svid):
    return bundles.get_bundle_for_trust_domain(svid.spiffe_id.trust_domain)


def token_once(*audience):
    """Gets a token by one call, which is not repeated."""
    client = WorkloadApiClient()
    try:
        svid = client.fetch_jwt_svid(audience=set(audience), timeout=PATIENCE_SECONDS)
        say("token", id=str(svid.spiffe_id), text=svid.token, chain=len(svid.audience))
    finally:
        client.close()


def watch_keys():
    """Prints every update of one long stream of JWT bundles, and what ended it."""
    client = WorkloadApiClient()
    ended = threading.Event()

    def fail(error):
        say("error", error=str(error))
        ended.set()

    client.stream_jwt_bundles(lambda held: say("update", bundles=keys_in(held.bundles)), fail)
    ended.wait()


def keys_in(bundles):
    return sorted(f"{bundle.trust_domain.name} {key}" for bundle in bundles for key in bundle.jwt_authorities)


COMMANDS = {
    "fetch": fetch,
    "watch": watch,
    "source": source,
    "serve": serve,
    "serve-anew": serve_anew,
    "call": call,
    "token": token,
    "validate": validate,
    "token-once": token_once,
    "watch-keys": watch_keys,
}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: peer.py {' | '.join(COMMANDS)}, with what the word takes")
    try:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    except Exception as error:
        say("failed", error=f"{error} {getattr(error, 'context', '')}")
        sys.exit(1)


main()
