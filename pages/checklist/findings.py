from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["block", "warn", "info"]
LEVELS: tuple[Level, ...] = ("block", "warn", "info")


@dataclass(frozen=True)
class Finding:
    """A line of the checklist. A revision keeps it as JSON."""

    level: Level
    """`block` stops a publication that gives no reason."""
    code: str
    text: str
    """What is to be done, in plain words."""
    anchor: str = ""
    """Of the block; empty for the page itself."""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def quoted(text: str, length: int = 90) -> str:
    """The beginning of it, cut between words, in quotation marks."""
    text = text.strip('“”"')
    if len(text) > length:
        text = text[:length].rsplit(" ", 1)[0] + " …"
    return f"“{text}”"
