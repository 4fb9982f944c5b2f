"""Where places stand on the map: whole, apart, supply left of use, the same each time."""

import itertools
import math

import pytest

from schemas.chain import Chain
from services.console.chart.layering import layers_of, utilities
from services.console.chart.layout import COLUMN_WIDTH, FOLD_WIDTH, ROW_HEIGHT, lay_out
from services.console.chart.map_chain import map_of
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.chain.generated import generate_chain
from services.runtime.chain.vocabulary import Behaviour, behaviour_of


@pytest.fixture(scope="module")
def ordos() -> Chain:
    return load_chain(asset_path("deploy/config/chains/ordos"))


def _chains() -> list[Chain]:
    return [load_chain(asset_path("deploy/config/chains/ordos")), generate_chain(40, 3), generate_chain(2000, 1)]


@pytest.mark.parametrize("chain", _chains(), ids=lambda chain: chain.id)
def test_every_place_has_a_spot_of_its_own_within_the_picture(chain: Chain) -> None:
    layout = lay_out(chain)
    assert set(layout.spots) == {node.id for node in chain.nodes}
    assert all(0 < s.x < layout.width and 0 < s.y < layout.height for s in layout.spots.values())
    columns: dict[float, list[float]] = {}
    for spot in layout.spots.values():
        columns.setdefault(spot.x, []).append(spot.y)
    gaps = [b - a for column in columns.values() for a, b in itertools.pairwise(sorted(column))]
    assert min(gaps, default=ROW_HEIGHT) >= ROW_HEIGHT - 0.2
    assert min(b - a for a, b in itertools.pairwise(sorted(columns))) >= min(FOLD_WIDTH, COLUMN_WIDTH)


@pytest.mark.parametrize("chain", _chains(), ids=lambda chain: chain.id)
def test_the_picture_has_about_the_shape_of_a_screen(chain: Chain) -> None:
    layout = lay_out(chain)
    assert 1.0 <= layout.width / layout.height <= 3.0


def test_the_same_chain_gives_the_same_picture(ordos: Chain) -> None:
    assert lay_out(ordos) == lay_out(load_chain(asset_path("deploy/config/chains/ordos")))


def test_goods_go_from_left_to_right_but_for_loops(ordos: Chain) -> None:
    layers, common = layers_of(ordos), utilities(ordos)
    goods = [k for k in ordos.links if k.share_normal > 0 and k.product not in common]
    backward = [(k.source, k.target) for k in goods if layers[k.source] >= layers[k.target]]
    assert backward == []
    assert common == {"electricity", "water"}


def test_users_stand_right_and_sources_left(ordos: Chain) -> None:
    layers = layers_of(ordos)
    last = max(layers.values())
    assert {layers[n.id] for n in ordos.nodes if behaviour_of(n.kind) is Behaviour.DEMAND} == {last}
    assert {layers[n.id] for n in ordos.nodes if n.kind == "mine"} == {0}


def test_a_loop_is_cut_where_less_flows() -> None:
    chain = generate_chain(8, 1)
    names = [node.id for node in chain.nodes]
    import msgspec

    back = msgspec.structs.replace(
        chain.links[0], source=chain.links[0].target, target=chain.links[0].source, normal_flow=1e-6, share_normal=0.01
    )
    looped = msgspec.structs.replace(chain, links=[*chain.links, back])
    assert layers_of(looped) == layers_of(chain)
    assert set(layers_of(looped)) == set(names)


def test_an_empty_chain_has_an_empty_picture(ordos: Chain) -> None:
    import msgspec

    empty = msgspec.structs.replace(ordos, nodes=[], links=[], recipes=[], stocks=[])
    assert lay_out(empty).spots == {}


def test_the_map_names_links_by_number_and_weighs_them_within_their_product(ordos: Chain) -> None:
    found = map_of(ordos)
    assert [n.id for n in found.nodes] == [n.id for n in ordos.nodes]
    for drawn, link in zip(found.links, ordos.links, strict=True):
        assert (found.nodes[drawn.source].id, found.nodes[drawn.target].id) == (link.source, link.target)
        assert 0 <= drawn.weight <= 1
        assert math.isfinite(drawn.weight)
        assert drawn.is_dormant == (link.share_normal <= 0)
    assert next(k for k in found.links if k.product == "water").is_utility
