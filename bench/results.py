"""What a measurement found, and the file that keeps it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    name: str
    value: float
    unit: str
    goal: float
    holds: bool

    def __str__(self) -> str:
        mark = "holds" if self.holds else "MISSED"
        return f"{self.name:20} {self.value:8.3f} {self.unit:28} goal {self.goal:g}  {mark}"


def write(path: Path, results: list[Result]) -> None:
    """Beside what other measurements have written there."""
    ours = {one.name for one in results}
    kept = json.loads(path.read_text()) if path.exists() else []
    rows = [row for row in kept if row["name"] not in ours] + [asdict(one) for one in results]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n")
