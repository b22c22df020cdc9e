"""LlamaIndex: a node post-processor. ``pip install caponier-client[llamaindex]``"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, ImageNode, Node, NodeWithScore, QueryBundle, TextNode
from pydantic import ConfigDict, Field, model_validator

from .asked import Exchange
from .client import AsyncClient, Client
from .documents import Document, Kept, provenance

MARK = "caponier"
"""The key of the metadata that tells what became of a node."""

# They stand in the model's context with the node, and come from the store with it.
_TEMPLATES = ("text_template", "metadata_template", "metadata_separator")


class GuardPostprocessor(BaseNodePostprocessor):
    """Nodes as the policy lets them pass: without those that it drops, edited, in their order, with
    their scores.

    Texts, metadata and templates are judged, with the query beside them. What is found in a node
    that goes on stands in ``metadata["caponier"]``, which neither the model nor an embedding sees. A
    denial raises :class:`caponier_client.Denied`. It belongs last: what comes behind it may bring
    nodes that nobody has looked at.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: Client | None = Field(default=None, exclude=True)
    """Asks; for asyncio, too, in a thread, where there is no other."""
    async_client: AsyncClient | None = Field(default=None, exclude=True)
    """Asks for asyncio."""
    exchange: Callable[[], Exchange] = Field(default=Exchange, exclude=True)
    """The exchange that a call belongs to, such as ``ContextVar.get``: who asks, and its state."""
    attributes: Sequence[str] = ()
    """Keys of the metadata that rules see as the node's attributes. Whoever writes to the store
    writes them: name only what it sets itself."""
    media: Literal["drop", "pass"] = "drop"
    """What becomes of nodes with images, sound or video, which nothing looks at."""

    @model_validator(mode="after")
    def _has_a_client(self) -> GuardPostprocessor:
        if self.client is None and self.async_client is None:
            raise ValueError("`client` or `async_client` is needed")
        return self

    @classmethod
    def class_name(cls) -> str:
        return "GuardPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if self.client is None:
            raise ValueError("this call needs `client`\nhint: `async_client` is for asyncio")
        nodes, asked = self._asked(nodes)
        return _marked(nodes, self.client.documents(_query(query_bundle), asked, self.exchange()))

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if self.async_client is None:
            # The exchange is the caller's, whose context a thread gets a copy of.
            return await asyncio.to_thread(self._postprocess_nodes, nodes, query_bundle)
        nodes, asked = self._asked(nodes)
        query = _query(query_bundle)
        return _marked(nodes, await self.async_client.documents(query, asked, self.exchange()))

    def _asked(self, nodes: list[NodeWithScore]) -> tuple[list[NodeWithScore], list[Document]]:
        read = [one for one in nodes if self.media == "pass" or _is_text(one.node)]
        return read, [self._document(one.node) for one in read]

    def _document(self, node: BaseNode) -> Document:
        metadata = {key: value for key, value in node.metadata.items() if key != MARK}
        content: dict[str, Any] = {"content": node.get_content(), "metadata": metadata}
        for name in _TEMPLATES:
            field = type(node).model_fields.get(name)
            if field is not None and getattr(node, name) != field.default:
                content[name] = getattr(node, name)
        attributes = provenance(metadata, self.attributes)
        return Document(content, name=node.node_id, attributes=attributes)


def _query(bundle: QueryBundle | None) -> str | None:
    return bundle.query_str if bundle else None


def _is_text(node: BaseNode) -> bool:
    """Whether text is all that it shows a model."""
    if isinstance(node, Node):
        return not (node.image_resource or node.audio_resource or node.video_resource)
    return isinstance(node, TextNode) and not isinstance(node, ImageNode)


def _marked(nodes: Sequence[NodeWithScore], kept: Sequence[Kept]) -> list[NodeWithScore]:
    """Copies: the nodes themselves may be the store's own."""
    passed = []
    for one in kept:
        found = nodes[one.position]
        node = found.node.model_copy()
        content = one.content
        node.metadata = content["metadata"]
        if content["content"] != found.node.get_content():
            node.set_content(content["content"])
        for name in _TEMPLATES:
            if name in content:
                setattr(node, name, content[name])
        if one.action != "allow":
            node.metadata[MARK] = {"action": one.action, "rules": list(one.rules)}
            for keys in ("excluded_llm_metadata_keys", "excluded_embed_metadata_keys"):
                setattr(node, keys, [*getattr(node, keys), MARK])
        passed.append(found.model_copy(update={"node": node}))
    return passed
