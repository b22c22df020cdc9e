"""LangChain: a retriever behind another. ``pip install caponier-client[langchain]``"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document as Retrieved
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, model_validator

from .asked import Exchange
from .client import AsyncClient, Client
from .documents import Document, Kept, provenance

MARK = "caponier"
"""The key of the metadata that tells what became of a document."""


class GuardedRetriever(BaseRetriever):
    """Another retriever's documents, as the policy lets them pass: without those that it drops,
    edited, in their order.

    Contents and metadata are judged, with the query beside them. What is found in a document that
    goes on stands in ``metadata["caponier"]``: ``{"action": "flag", "rules": [...]}``. A denial raises
    :class:`caponier_client.Denied`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: BaseRetriever
    """Whose documents are judged."""
    client: Client | None = None
    """Asks for ``invoke``; for ``ainvoke``, too, in a thread, where there is no other."""
    async_client: AsyncClient | None = None
    """Asks for ``ainvoke``."""
    exchange: Callable[[], Exchange] = Field(default=Exchange)
    """The exchange that a call belongs to, such as ``ContextVar.get``: who asks, and its state."""
    attributes: Sequence[str] = ()
    """Keys of the metadata that rules see as the document's attributes. Whoever writes to the store
    writes them: name only what it sets itself."""

    @model_validator(mode="after")
    def _has_a_client(self) -> GuardedRetriever:
        if self.client is None and self.async_client is None:
            raise ValueError("`client` or `async_client` is needed")
        return self

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Retrieved]:
        if self.client is None:
            raise ValueError("`invoke` needs `client`\nhint: `ainvoke` asks with `async_client`")
        exchange = self.exchange()
        found = self.retriever.invoke(query, config={"callbacks": run_manager.get_child()})
        asked = [self._document(document) for document in found]
        return _marked(found, self.client.documents(query, asked, exchange))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Retrieved]:
        exchange = self.exchange()
        found = await self.retriever.ainvoke(query, config={"callbacks": run_manager.get_child()})
        asked = [self._document(document) for document in found]
        if self.async_client is not None:
            return _marked(found, await self.async_client.documents(query, asked, exchange))
        assert self.client is not None
        return _marked(found, await asyncio.to_thread(self.client.documents, query, asked, exchange))

    def _document(self, found: Retrieved) -> Document:
        # What a document says of itself in our name is not looked at, and not passed on.
        metadata = {key: value for key, value in found.metadata.items() if key != MARK}
        source = found.id or metadata.get("source")
        return Document(
            {"content": found.page_content, "metadata": metadata},
            name=source if isinstance(source, str) else None,
            attributes=provenance(metadata, self.attributes),
        )


def _marked(found: Sequence[Retrieved], kept: Sequence[Kept]) -> list[Retrieved]:
    """Copies: the documents themselves may be the store's own."""
    documents = []
    for one in kept:
        metadata = one.content["metadata"]
        if one.action != "allow":
            metadata[MARK] = {"action": one.action, "rules": list(one.rules)}
        update = {"page_content": one.content["content"], "metadata": metadata}
        documents.append(found[one.position].model_copy(update=update))
    return documents
