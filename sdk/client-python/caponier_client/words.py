"""The port's words."""

from typing import Literal

Stage = Literal["prompt", "retrieval", "output"]
"""Where in the application's data flow a text was seen."""

Action = Literal["allow", "flag", "redact", "deny"]
"""What becomes of it."""

Role = Literal["system", "developer", "user", "assistant", "tool", "document", "other"]
"""Who a text speaks for."""

Kind = Literal[
    "text",
    "query",
    "tool-call",
    "tool-result",
    "tool-description",
    "document",
    "reasoning",
    "refusal",
    "citation",
    "structured",
    "other",
]
"""What sort of text it is."""
