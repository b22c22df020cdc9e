"""What is known of an exchange beside its text."""

from dataclasses import dataclass, field

from .words import Stage


@dataclass(frozen=True)
class Principal:
    """Who is asking."""

    id: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What is known of the exchange: one request to a model and its response."""

    exchange: str = ""
    stage: Stage = Stage.PROMPT
    tenant: str | None = None
    principal: Principal | None = None
    route: str = ""
    model: str | None = None
    time: int = 0
    """Milliseconds since the Unix epoch, fixed for the whole exchange."""
    seed: int = field(default=0, repr=False)
    """Random, fixed for the whole exchange. Key things with it; never show it."""
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str | None:
        """The value of an attribute."""
        return next((value for key, value in self.attributes if key == name), None)
