"""The contract's enumerations, with the words by which people and files name them."""

from enum import Enum


class Stage(str, Enum):
    """Where in the application's data flow a text was seen."""

    PROMPT = "prompt"
    RETRIEVAL = "retrieval"
    OUTPUT = "output"


class Role(str, Enum):
    """Who a text speaks for."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOCUMENT = "document"
    OTHER = "other"


class Kind(str, Enum):
    """What sort of text a segment is."""

    TEXT = "text"
    QUERY = "query"
    TOOL_CALL = "tool-call"
    TOOL_RESULT = "tool-result"
    TOOL_DESCRIPTION = "tool-description"
    DOCUMENT = "document"
    REASONING = "reasoning"
    REFUSAL = "refusal"
    CITATION = "citation"
    STRUCTURED = "structured"
    OTHER = "other"


class Severity(str, Enum):
    """How bad a finding is."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(str, Enum):
    """What a plugin's findings in a segment depend on."""

    SEGMENT = "segment"
    """On that segment and the stage alone: the host may keep what was found and reuse it."""
    STAGE = "stage"
    """On other segments of the stage, the context or the state too."""
