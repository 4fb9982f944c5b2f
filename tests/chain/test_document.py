"""docs/chain.md says what the code reads and what is shipped."""

from pathlib import Path

import pytest

from services.runtime.assets import asset_path
from services.runtime.chain import load_chain, parsing
from services.runtime.chain.offers import OFFERS
from services.runtime.chain.tables import Columns
from services.runtime.chain.vocabulary import KINDS

TEXT = (Path(__file__).parents[2] / "docs" / "chain.md").read_text(encoding="utf-8")
TABLES = {
    "chain.csv": parsing.HEADING,
    "nodes.csv": parsing.NODES,
    "links.csv": parsing.LINKS,
    "recipes.csv": parsing.RECIPES,
    "stocks.csv": parsing.STOCKS,
    "quality.csv": parsing.QUALITIES,
    "offers.csv": OFFERS,
    "responsibility.csv": parsing.RESPONSIBILITIES,
    "series.csv": parsing.SERIES,
}
PLAIN = {
    *("name_zh", "name_en", "lat", "lon", "note", "node", "product", "mode", "link_target", "unit"),
    *("heat_high", "ash_high", "sulphur_high", "essential", "illustrative"),
}


@pytest.mark.parametrize(("file", "columns"), TABLES.items())
def test_every_file_and_column_is_described(file: str, columns: Columns) -> None:
    assert f"**{file}**" in TEXT
    missing = [name for name in columns.all() if name not in PLAIN and name.removesuffix("_low") not in TEXT]
    assert missing == []


def test_every_kind_is_listed() -> None:
    assert [kind for kind in KINDS if kind not in TEXT] == []


def test_the_counts_are_those_of_the_shipped_chains() -> None:
    reference = load_chain(asset_path("deploy/config/chains/reference"))
    ordos = load_chain(asset_path("deploy/config/chains/ordos"))
    dormant = sum(link.share_normal == 0 for link in ordos.links)
    for word, name in (("节点", "nodes"), ("链路", "links"), ("配方", "recipes"), ("库存", "stocks")):
        assert f"{word} {len(getattr(reference, name))} → {len(getattr(ordos, name))}" in TEXT
    assert f"其中备用 {dormant}" in TEXT
    assert f"{len(ordos.series)} 条序列" in TEXT
