"""The console's level colours are those of the boards."""

import re

from dashboards.level import GREY, LEVELS
from schemas.level import Level
from services.console.level_face import FACES
from services.console.page import FOLDER


def test_the_colours_are_those_of_the_boards_and_every_level_has_a_shape_of_its_own() -> None:
    text = (FOLDER / "static" / "console.css").read_text(encoding="utf-8")
    given = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", text))
    assert {name: given[name] for name, _, _ in LEVELS} == {name: colour for name, _, colour in LEVELS}
    assert given["unknown"] == GREY
    assert len({face.shape for face in FACES.values()}) == len(Level)
