"""docs/triage.md says what the desk says, and draws the allowed moves as they are in the code."""

import re
from xml.etree import ElementTree

import pytest

from intake import mail_list, queue
from intake.models import Enquiry
from tests.processes import BASE_DIR

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"
NEAR = 1.0


def test_the_guide_names_every_view_status_and_reason() -> None:
    guide = (BASE_DIR / "docs" / "triage.md").read_text().casefold()
    words = [*queue.View.labels, *mail_list.View.labels, Enquiry.Rank.DANGER.label]
    words += [label.partition(" by ")[0] for label in Enquiry.CloseReason.labels]
    words += Enquiry.Status.labels
    assert [word for word in words if word.casefold() not in guide] == []


def test_the_drawing_has_every_move_and_no_other() -> None:
    drawing = ElementTree.parse(BASE_DIR / "docs" / "img" / "moves.svg")
    boxes = {box.get("id", ""): box for box in drawing.iterfind(f".//*[@id='statuses']/{SVG}rect")}
    arrows = [
        [float(number) for number in re.findall(r"-?[\d.]+", path.get("d", ""))]
        for path in drawing.iterfind(f".//*[@id='moves']/{SVG}path")
    ]
    drawn = [(box_at(boxes, *arrow[:2]), box_at(boxes, *arrow[-2:])) for arrow in arrows]
    assert sorted(drawn) == sorted(
        (before, after) for before, moves in Enquiry.MOVES.items() for after in moves
    )


def box_at(boxes: dict[str, ElementTree.Element], x: float, y: float) -> str:
    """The one whose edge an arrow touches there."""
    touched = [name for name, box in boxes.items() if is_on_edge(box, x, y)]
    assert len(touched) == 1, (x, y)
    return touched[0]


def is_on_edge(box: ElementTree.Element, x: float, y: float) -> bool:
    left, top, width, height = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
    across, down = (x - left, x - left - width), (y - top, y - top - height)
    is_beside = across[0] >= -NEAR and across[1] <= NEAR and down[0] >= -NEAR and down[1] <= NEAR
    return is_beside and min(abs(one) for one in (*across, *down)) <= NEAR
