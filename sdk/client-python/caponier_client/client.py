"""The clients: one that waits, and one for asyncio."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal

import httpx

from .answer import Decision, not_judged, read
from .asked import Exchange, Text, ToolCall, encoded
from .documents import Document, Kept, screening
from .error import Denied, Error, Refused, Unavailable
from .words import Stage

OnError = Literal["raise", "allow"]

# How much of the port's own words goes into an error.
_MAX_MESSAGE = 500


class _Port:
    """What both clients know: how to ask, and what an answer means."""

    def __init__(self, url: str, token: str | None, on_error: OnError, insecure: bool) -> None:
        address = httpx.URL(url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError("`url` is an address such as http://127.0.0.1:8789")
        if address.scheme == "http" and not insecure and not _is_this_machine(address.host):
            raise ValueError(
                "texts and the token would cross the network in the clear\n"
                "hint: use https, or say `insecure=True` where the network is encrypted itself"
            )
        if on_error not in ("raise", "allow"):
            raise ValueError("`on_error` is \"raise\" or \"allow\"")
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("`token` holds what no token has: a space, a line's end, or another script")
        self.url = str(address).rstrip("/") + "/v1/inspect"
        self.headers = {"content-type": "application/json"}
        if token is not None:
            self.headers["authorization"] = f"Bearer {token}"
        self.on_error = on_error

    def settings(self, timeout: float, verify: ssl.SSLContext | bool) -> dict[str, Any]:
        """What httpx is to do: no proxy that an environment variable names gets to see a text, and
        nobody sends them elsewhere."""
        return {
            "headers": self.headers,
            "timeout": timeout,
            "verify": verify,
            "trust_env": False,
            "follow_redirects": False,
        }

    def answered(
        self, response: httpx.Response, texts: Sequence[Text], exchange: Exchange
    ) -> Decision:
        """The decision that an answer holds. The exchange goes on from it, denied or not."""
        if response.status_code >= 500:
            raise Unavailable(f"{response.status_code}: {_message(response)}")
        if response.status_code != 200:
            raise Refused(response.status_code, _message(response))
        decision = read(response.content, texts)
        exchange.state, exchange.decision = decision.state, decision
        if decision.action == "deny":
            raise Denied(decision)
        return decision

    def failed(
        self, error: Exception, texts: Sequence[Text], exchange: Exchange
    ) -> Decision:
        """What becomes of texts that nobody judged."""
        if isinstance(error, httpx.TimeoutException):
            error = Unavailable("the decision port is too slow")
        elif isinstance(error, httpx.TransportError):
            error = Unavailable(f"the decision port cannot be reached ({type(error).__name__})")
        elif isinstance(error, httpx.HTTPError):
            error = Error(f"the answer is not the decision port's ({type(error).__name__})")
        if self.on_error == "allow" and isinstance(error, Unavailable):
            exchange.decision = not_judged(texts)
            return exchange.decision
        raise error from None


class Client:
    """Asks the decision port, and waits for its answer. It may be used by several threads."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout: float = 10.0,
        on_error: OnError = "raise",
        insecure: bool = False,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``timeout`` is in seconds, for each step of a call. ``on_error="allow"`` lets texts
        through where the port does not answer; what it refuses or denies never passes. An
        ``http`` address that is not of this machine needs ``insecure``; ``verify`` holds
        certificates to trust, and one of its own."""
        self._port = _Port(url, token, on_error, insecure)
        settings = self._port.settings(timeout, verify)
        self._http = httpx.Client(**settings, transport=transport)

    def inspect(
        self,
        stage: Stage,
        texts: Sequence[Text | str],
        exchange: Exchange | None = None,
        *,
        tool_calls: Sequence[ToolCall] = (),
    ) -> Decision:
        """The decision on the texts of one stage.

        Raises :class:`Denied`, :class:`Refused`, :class:`Unavailable` or :class:`Error`.
        """
        asked, exchange = _all(texts), exchange or Exchange()
        body = encoded(stage, asked, exchange, tool_calls)
        try:
            response = self._http.post(self._port.url, content=body)
            return self._port.answered(response, asked, exchange)
        except (httpx.HTTPError, Unavailable) as error:
            return self._port.failed(error, asked, exchange)

    def documents(
        self, query: str | None, documents: Sequence[Document], exchange: Exchange | None = None
    ) -> list[Kept]:
        """The documents that may go on, in their order. The query goes beside them, as what they
        answer: as the user asked it, since tokens in it would never be made values again. Many are
        asked about in several calls of the same exchange; a denial of one is one of all. One that
        the port cannot be asked about is dropped, which a warning in the log of
        ``caponier_client`` tells."""
        exchange = exchange or Exchange()
        steps = screening(query, documents)
        try:
            texts = next(steps)
            while True:
                try:
                    decision = self.inspect("retrieval", texts, exchange)
                except Refused as refused:
                    texts = steps.throw(refused)
                else:
                    texts = steps.send(decision)
        except StopIteration as end:
            return list(end.value)

    def close(self) -> None:
        """Ends its connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient:
    """The same for asyncio. It belongs to one event loop."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout: float = 10.0,
        on_error: OnError = "raise",
        insecure: bool = False,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """See :class:`Client`."""
        self._port = _Port(url, token, on_error, insecure)
        settings = self._port.settings(timeout, verify)
        self._http = httpx.AsyncClient(**settings, transport=transport)

    async def inspect(
        self,
        stage: Stage,
        texts: Sequence[Text | str],
        exchange: Exchange | None = None,
        *,
        tool_calls: Sequence[ToolCall] = (),
    ) -> Decision:
        """See :meth:`Client.inspect`."""
        asked, exchange = _all(texts), exchange or Exchange()
        body = encoded(stage, asked, exchange, tool_calls)
        try:
            response = await self._http.post(self._port.url, content=body)
            return self._port.answered(response, asked, exchange)
        except (httpx.HTTPError, Unavailable) as error:
            return self._port.failed(error, asked, exchange)

    async def documents(
        self, query: str | None, documents: Sequence[Document], exchange: Exchange | None = None
    ) -> list[Kept]:
        """See :meth:`Client.documents`."""
        exchange = exchange or Exchange()
        steps = screening(query, documents)
        try:
            texts = next(steps)
            while True:
                try:
                    decision = await self.inspect("retrieval", texts, exchange)
                except Refused as refused:
                    texts = steps.throw(refused)
                else:
                    texts = steps.send(decision)
        except StopIteration as end:
            return list(end.value)

    async def aclose(self) -> None:
        """Ends its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _all(texts: Sequence[Text | str]) -> list[Text]:
    if isinstance(texts, str):
        raise TypeError("`texts` is a list of texts")
    return [Text(text) if isinstance(text, str) else text for text in texts]


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _message(response: httpx.Response) -> str:
    """What the port says is wrong."""
    try:
        return str(response.json()["error"]["message"])[:_MAX_MESSAGE]
    except (KeyError, TypeError, ValueError, RecursionError):
        return "no answer of the decision port's"
