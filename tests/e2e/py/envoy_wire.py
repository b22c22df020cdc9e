"""Every wire format that models speak through Envoy: the gateway's own scenes, packed."""

import wire
from dialects import DIALECTS
from envoy_packed import PackedGateway


class Packed(PackedGateway):
    """Envoy in the place of the gateway, on every path."""

    path_pattern = "/*"


def scenes(name):
    """Keeps all promises of one format, one after the other."""
    before = wire.Guarded
    wire.Guarded = Packed
    try:
        for promise in wire.promises(name):
            promise(DIALECTS[name])
    finally:
        wire.Guarded = before


def messages():
    scenes("messages")


def responses():
    scenes("responses")


def completions():
    scenes("completions")


def ollama():
    scenes("ollama")
