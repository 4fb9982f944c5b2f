"""Generated chains are valid, repeatable and large enough for the bench."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain import Chain
from services.runtime.chain import Catalogue, check_chain
from services.runtime.chain.flows import FlowsDivergeError, normal_flows
from services.runtime.chain.generated import LEAST_NODES, PROVIDER, generate_chain
from services.runtime.chain.vocabulary import MEASURES


@settings(max_examples=40, deadline=None)
@given(nodes=st.integers(LEAST_NODES, 120), seed=st.integers(0, 2**32))
def test_valid_and_of_the_size_asked_for(nodes: int, seed: int) -> None:
    chain = generate_chain(nodes, seed)
    assert len(chain.nodes) == nodes
    assert check_chain(chain) == []


@settings(max_examples=10, deadline=None)
@given(nodes=st.integers(LEAST_NODES, 60), seed=st.integers(0, 1000))
def test_the_same_seed_gives_the_same_chain(nodes: int, seed: int) -> None:
    assert generate_chain(nodes, seed) == generate_chain(nodes, seed)
    assert generate_chain(nodes, seed).version != generate_chain(nodes, seed + 1).version


def test_five_hundred_alerts_find_room() -> None:
    chain = generate_chain(700, 1)
    inputs = {(stock.node, stock.product) for stock in chain.stocks if stock.role in {"input", "both"}}
    assert len(inputs) >= 500
    catalogue = Catalogue(chain)
    for stock in chain.stocks:
        assert all(catalogue.measures(name, stock.node, stock.product) for name in MEASURES[stock.role])
    assert len(catalogue.of_provider(PROVIDER)) == len(chain.series) == len(catalogue)
    assert len(msgspec.json.encode(chain)) < 4_000_000


def test_too_few_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        generate_chain(3, 1)


@settings(max_examples=25, deadline=None)
@given(nodes=st.integers(LEAST_NODES, 80), seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_flows_grow_with_demand(nodes: int, seed: int, factor: float) -> None:
    """Twice the demand is twice every flow, and every demand is met in full."""
    chain = generate_chain(nodes, seed)
    demands = {node.id for node in chain.nodes if node.kind == "demand"}
    more = [
        msgspec.structs.replace(node, capacity=node.capacity * factor) if node.id in demands else node
        for node in chain.nodes
    ]
    before = normal_flows(chain.nodes, chain.links, chain.recipes)
    after = normal_flows(more, chain.links, chain.recipes)
    for key, flow in before.link.items():
        assert after.link[key] == pytest.approx(flow * factor, rel=1e-6)
    for node in more:
        if node.id in demands:
            arriving = sum(flow for (_, target, _), flow in after.link.items() if target == node.id)
            assert arriving == pytest.approx(node.capacity, rel=1e-6)


def test_a_loop_that_feeds_on_itself_is_an_error() -> None:
    chain: Chain = generate_chain(10, 1)
    plant = next(node for node in chain.nodes if node.kind == "methanol_plant")
    mine = next(node for node in chain.nodes if node.kind == "mine")
    loop = msgspec.structs.replace(
        chain.links[0], source=plant.id, target=mine.id, product="methanol", share_normal=1.0
    )
    recipe = msgspec.structs.replace(chain.recipes[0], node=mine.id, input="methanol", per_unit_output=5.0)
    with pytest.raises(FlowsDivergeError):
        normal_flows(chain.nodes, [*chain.links, loop], [*chain.recipes, recipe])
