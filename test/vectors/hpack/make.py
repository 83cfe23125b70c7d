"""Writes connections.json: blocks of headers of whole connections, by python-hpack 4.2.0 (RFC 7541), whose tables are
filled, given other sizes, and emptied on their way. Run: pip install hpack==4.2.0; python make.py > connections.json"""

import json
import random

import hpack

CONNECTIONS = 8
BLOCKS = 10
PATHS = ["/SpiffeWorkloadAPI/FetchX509SVID", "/SpiffeWorkloadAPI/FetchJWTSVID", "/grpc.health.v1.Health/Check"]
AUTHORITIES = ["localhost", "/tmp/spire-agent/public/api.sock", "%2Ftmp%2Fapi.sock", "agent:8081"]


def text(dice, most):
    return "".join(chr(dice.randrange(0x20, 0x7F)) for _ in range(dice.randrange(1, most)))


def block(dice):
    fields = [
        (":method", "POST", False),
        (":scheme", dice.choice(["http", "https"]), False),
        (":path", dice.choice(PATHS), False),
        (":authority", dice.choice(AUTHORITIES), False),
        ("content-type", "application/grpc", False),
        ("te", "trailers", False),
    ]
    for _ in range(dice.randrange(6)):
        name = dice.choice(["user-agent", "cookie", "x-request-id", "via", "x-" + str(dice.randrange(9))])
        fields.append((name, text(dice, dice.choice([8, 40, 250])), dice.random() < 0.2))
    return fields


def connection(seed):
    dice = random.Random(seed)
    encoder = hpack.Encoder()
    blocks = []
    for _ in range(BLOCKS):
        if dice.random() < 0.25:
            for _ in range(dice.choice([1, 1, 2])):
                encoder.header_table_size = dice.choice([0, 64, 200, 500, 4096])
        fields = block(dice)
        tuples = [(hpack.NeverIndexedHeaderTuple if secret else hpack.HeaderTuple)(n, v) for n, v, secret in fields]
        coded = encoder.encode(tuples, huffman=dice.random() < 0.7)
        blocks.append({"block": coded.hex(), "fields": [[n, v, s] if s else [n, v] for n, v, s in fields]})
    return blocks


print("[" + ",\n".join(json.dumps(connection(seed)) for seed in range(CONNECTIONS)) + "]")
