"""LangChain, LlamaIndex and clients under asyncio through Envoy: the gateway's own scenes, packed."""

import clients
import wire
from client_dialects import AsyncResponses, LangChainChat, LangChainMessages, LlamaIndexOllama
from envoy_wire import Packed

# What depends on the client: what it makes of a denial, and what it puts together of a stream.
PROMISES = [
    wire.attack_is_denied,
    wire.address_is_a_token_upstream_and_itself_for_the_user,
    wire.answer_is_denied,
]


def scenes(dialect):
    packed(*(lambda promise=promise: promise(dialect) for promise in PROMISES))


def packed(*scenes):
    """Runs scenes of the gateway's with Envoy in its place."""
    before = wire.Guarded
    wire.Guarded = clients.Guarded = Packed
    try:
        for scene in scenes:
            scene()
    finally:
        wire.Guarded = clients.Guarded = before


def langchain():
    scenes(LangChainChat())
    scenes(LangChainMessages())


def llamaindex():
    scenes(LlamaIndexOllama())


def asyncio():
    scenes(AsyncResponses())


def embeddings_and_tools():
    packed(clients.texts_to_embed, clients.tool_results_are_removed)
