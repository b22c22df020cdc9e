"""Ask Caponier's decision port about texts.

For code that retrieves by itself, or speaks to models without the gateway::

    with Client("http://127.0.0.1:8789", token="…") as client:
        exchange = Exchange(Context(tenant="acme"))
        asked = client.inspect("prompt", ["Write to ann@example.org"], exchange)
        kept = client.documents("When are you open?", [Document(hit) for hit in hits], exchange)

Nothing passes unless the port says so: a denial raises :class:`Denied`, a port that does not answer
:class:`Unavailable`. :mod:`caponier_client.langchain` and :mod:`caponier_client.llamaindex` put it
behind any retriever of theirs.
"""

from .answer import Coverage, Decision, Fault, Finding, Gap, Would
from .asked import Context, Exchange, Principal, Text, ToolCall
from .client import AsyncClient, Client
from .documents import Document, Kept
from .error import Denied, Error, Refused, Unavailable
from .words import Action, Kind, Role, Stage

__all__ = [
    "Action",
    "AsyncClient",
    "Client",
    "Context",
    "Coverage",
    "Decision",
    "Denied",
    "Document",
    "Error",
    "Exchange",
    "Fault",
    "Finding",
    "Gap",
    "Kept",
    "Kind",
    "Principal",
    "Refused",
    "Role",
    "Stage",
    "Text",
    "ToolCall",
    "Unavailable",
    "Would",
]
