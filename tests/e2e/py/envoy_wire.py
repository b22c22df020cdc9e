"""Every wire format that models speak through Envoy: the gateway's own scenes, packed."""

import wire
from dialects import DIALECTS
from envoy_packed import PackedGateway


class Packed(PackedGateway):
    """Envoy in the place of the gateway, on every path."""

    path_pattern = "/*"


def scenes(name, promises=None):
    """Keeps promises of one format, all where none are named, one after the other."""
    before = wire.Guarded
    wire.Guarded = Packed
    try:
        for promise in promises or wire.promises(name):
            promise(DIALECTS[name])
    finally:
        wire.Guarded = before


def chat():
    """The others are scenes of `envoy_packed`."""
    scenes("chat", [wire.denied_answer_is_an_error])


def messages():
    scenes("messages")


def responses():
    scenes("responses")


def completions():
    scenes("completions")


def ollama():
    scenes("ollama")
