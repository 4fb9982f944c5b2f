"""Events on areas, corridors, owners and trades: who is hit, who breaks, what must keep running; and questions without sense."""

import re
import time
from html.parser import HTMLParser

import pytest

from schemas.level import Level
from services.cli.risk.what_if_page import page
from services.risk.analysis.basis import Basis
from services.risk.analysis.kinds import Settings, parse_kinds
from services.risk.analysis.request import hits_of, parse_request
from services.risk.analysis.scene import Scene
from services.risk.analysis.what_if import WhatIf, what_if
from services.runtime.errors import ConfigurationError, InputError


@pytest.fixture(scope="module")
def epidemic(scene: Scene, basis: Basis, kinds: Settings) -> WhatIf:
    return what_if(scene, basis, parse_request({"area": "150627", "kind": "epidemic"}), kinds)


def test_an_epidemic_in_a_county_hits_the_places_of_that_county_alone(scene: Scene, epidemic: WhatIf) -> None:
    nodes = [h.id for h in epidemic.hits if h.is_node]
    assert set(nodes) <= {n.id for n in scene.blueprint.nodes.values() if n.admin_code == "150627"}
    assert {"M_BLT", "R_BS", "C_HN"} <= set(nodes)
    ends = [set(h.id.split(":")[:2]) for h in epidemic.hits if not h.is_node]
    county = {n.id for n in scene.blueprint.nodes.values() if n.admin_code == "150627"}
    assert ends
    assert all(pair & county for pair in ends)
    assert all(h.mark for h in epidemic.hits)


def test_who_breaks_when_is_in_order_with_intervals(epidemic: WhatIf) -> None:
    gas = next(b for b in epidemic.breaks if b.node == "D_GAS")
    assert gas.p50_h is not None
    assert 72 < gas.p50_h < 336
    assert gas.anyway_p50_h is None
    middles = [b.p50_h for b in epidemic.breaks if b.p50_h is not None]
    assert middles == sorted(middles)
    for item in epidemic.breaks:
        low, middle, high = ((1e9 if h is None else h) for h in (item.p10_h, item.p50_h, item.p90_h))
        assert low <= middle <= high


def test_more_need_of_users_makes_it_worse(scene: Scene, basis: Basis, kinds: Settings) -> None:
    usual = what_if(scene, basis, parse_request({"node": "R_DQ", "days": "7", "factor": "0.5"}), kinds)
    cold = what_if(scene, basis, parse_request({"node": "R_DQ", "days": "7", "factor": "0.5", "use": "1.2"}), kinds)
    assert usual.title_zh.startswith("推演：大秦铁路")
    assert usual.title_en.endswith("Daqin railway")
    assert {b.node for b in usual.breaks if b.node.startswith("D_")} < {b.node for b in cold.breaks}
    assert cold.users_cny >= usual.users_cny
    assert {h.factor for h in cold.hits if h.mark == "use"} == {1.2}


def test_the_list_says_what_must_keep_running_by_when_and_who_answers(epidemic: WhatIf) -> None:
    rail = next(g for g in epidemic.guarantees if g.id == "R_BS")
    assert rail.is_hit
    assert 0 < rail.least_per_day <= rail.normal_per_day
    assert rail.trains_a_day == pytest.approx(rail.least_per_day / 8400, abs=0.1)
    assert rail.owner.lead_department
    assert "通行证" in rail.permit_zh
    road = next(g for g in epidemic.guarantees if g.id == "M_CDS:C_HN:steam_coal")
    assert road.trucks
    assert road.by_h is not None
    assert "管道天然气用户" in road.for_zh
    assert [g.rank for g in epidemic.guarantees] == list(range(1, len(epidemic.guarantees) + 1))


def test_it_answers_within_seconds(scene: Scene, basis: Basis, kinds: Settings, epidemic: WhatIf) -> None:
    """Processor time of one more question; the limit for people is 10 s."""
    del epidemic
    begun = time.process_time()
    what_if(scene, basis, parse_request({"area": "150600", "kind": "snow"}), kinds)
    assert time.process_time() - begun < 8


def test_daqin_lost_for_a_month_empties_the_ports_first(scene: Scene, basis: Basis, kinds: Settings) -> None:
    found = what_if(scene, basis, parse_request({"node": "R_DQ", "days": "30"}), kinds)
    assert [b.node for b in found.breaks[:3]] == ["P_QHD", "P_JT", "P_CFD"]
    assert not {b.level for b in found.breaks[:3]} & {Level.NORMAL, Level.UNKNOWN}
    assert Level.UNKNOWN not in {b.level for b in found.breaks}
    assert found.guarantees[0].id == "R_DQ"
    assert {"R_SH", "R_TH"} <= {g.id for g in found.guarantees if not g.is_hit}


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        (
            {"area": "伊金霍洛旗", "trade": "B06", "kind": "inspection"},
            {"M_BET", "M_BLT", "M_SW", "M_CHS", "M_HQH", "W_BET", "W_SD"},
        ),
        ({"circle": "39.35,110.08,20", "kind": "mine_accident"}, {"M_BET", "M_BLT", "M_SW"}),
        ({"polygon": "38,106 38.5,106 38.5,107 38,107", "kind": "water_intake"}, {"U_SHM"}),
        ({"owner": "港口集团", "kind": "gale"}, {"P_QHD", "P_CFD", "P_JT", "P_HH"}),
        ({"corridor": "H_BM", "kind": "snow"}, {"H_BM"}),
        ({"link": "R_DQ:P_QHD"}, {"R_DQ:P_QHD:steam_coal"}),
        ({"area": "150824", "kind": "border_closure", "factor": "0.3"}, {"B_GQM"}),
        ({"area": "15", "kind": "cold_wave"}, {"D_PWR", "D_RES"}),
        ({"node": "R_DQ", "use": "1.1"}, {"R_DQ", "D_CST", "D_PWR"}),
        ({"area": "150621", "kind": "road_icing"}, {"H_BM:C_RX:steam_coal", "H_BM:E_DLT:steam_coal"}),
    ],
)
def test_choosing(scene: Scene, kinds: Settings, words: dict[str, str], hit: set[str]) -> None:
    found = {h.part.id for h in hits_of(scene.blueprint, parse_request(words), kinds)}
    assert hit <= found
    if ("area" not in words or "trade" in words) and "use" not in words:
        assert found == hit


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ({"area": "159999", "kind": "snow"}, "150627 伊金霍洛旗"),
        ({"area": "Ejin", "kind": "snow"}, "150627 伊金霍洛旗"),
        ({"area": "1506271", "kind": "snow"}, "2、4 或 6 位"),
        ({"area": "150627", "kind": "aliens"}, "epidemic"),
        ({"area": "150627", "kind": "gale"}, "M_BLT"),
        ({"node": "R_QD"}, "R_DQ"),
        ({"link": "R_DQ:NOWHERE"}, "R_DQ:P_QHD:steam_coal"),
        ({"corridor": "M_BLT"}, "H_BM"),
        ({"trade": "Z99"}, "B0610"),
        ({"owner": "无此单位"}, "铁路运力专班"),
        ({"polygon": "1,2 3,4"}, "至少 3"),
        ({"polygon": "1,2 3,4 5,6"}, "lat"),
        ({"circle": "nan,1,5"}, "-90"),
        ({"node": "R_DQ", "factor": "4"}, "0 至 3"),
        ({"node": "R_DQ", "factor": "nan"}, "0"),
        ({"node": "R_DQ", "use": "9"}, "0 至 3"),
        ({"kind": "snow"}, "area"),
        ({"area": "150627", "colour": "red"}, "colour"),
    ],
)
def test_a_question_without_sense_says_what_would_be_right(
    scene: Scene, kinds: Settings, words: dict[str, str], right: str
) -> None:
    with pytest.raises(InputError, match=re.escape(right)):
        hits_of(scene.blueprint, parse_request(words), kinds)


class _Text(HTMLParser):
    """What a reader sees, and whether every tag is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_reads_in_order_and_is_advice(epidemic: WhatIf) -> None:
    reader = _Text()
    reader.feed(page(epidemic))
    text = "".join(reader.words)
    assert not reader.open
    places = [
        text.index(w) for w in ("非实时", "一、谁何时断", "二、现在要保的关键环节", "三、保障清单", "四、补链建议")
    ]
    assert places == sorted(places)
    assert "不是指令" in text
    assert "http" not in page(epidemic)


def test_kinds_that_make_no_sense_are_refused_with_the_place(kinds: Settings) -> None:
    del kinds
    with pytest.raises(ConfigurationError, match="kinds"):
        parse_kinds("kinds: 3", "kinds.yaml")
