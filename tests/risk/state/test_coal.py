"""Coal in the network: usual flows stay usual, heat is conserved over links, and poorer coal counts for less where it arrives."""

import numpy as np
import pytest
from msgspec.structs import replace

from detectors.network.uncertainty import Floats
from schemas.chain import Chain
from services.risk.blueprint import Blueprint
from services.risk.configured import configured_network
from services.risk.heat import blend_heat, coal_links, flown_grades
from services.risk.state.network import Living


@pytest.fixture(scope="module")
def blueprint(ordos: Chain) -> Blueprint:
    return Blueprint(ordos)


@pytest.fixture(scope="module")
def living(blueprint: Blueprint) -> Living:
    return configured_network(blueprint)


def test_usual_flows_stay_what_they_are(blueprint: Blueprint, living: Living) -> None:
    used = blueprint.normal_flow > 1.0
    plain = configured_network(Blueprint(replace(blueprint.chain, qualities=[])))
    assert living.rest.flow[used] == pytest.approx(plain.rest.flow[used], rel=1e-9)
    assert (living.network.gain != 1.0).sum() > 20


def test_as_much_heat_arrives_at_every_place_as_was_sent(blueprint: Blueprint, living: Living) -> None:
    flow, gain = living.rest.flow, living.network.gain
    grades = flown_grades(blueprint, flow)
    for account in {blueprint.structure.links[k].target for k in coal_links(blueprint)}:
        links = [k for k in blueprint.structure.in_links[account] if flow[k] > 0]
        usual = blend_heat(blueprint, grades, flow, links)
        if usual is None:
            continue
        assert float((flow * gain)[links].sum()) == pytest.approx(float(flow[links].sum()), rel=1e-9)
        sent = sum(float(flow[k]) * (_sent_heat(blueprint, flow, k) or usual) for k in links)
        assert float((flow * gain)[links].sum()) * usual == pytest.approx(sent, rel=1e-9)


def test_a_tonne_of_poorer_coal_counts_for_less(blueprint: Blueprint, living: Living) -> None:
    gain = {(k.source, k.target): living.network.gain[n] for n, k in enumerate(blueprint.links)}
    assert gain["H_RW", "E_TKT"] < 1.0 < gain["W_ZN", "E_TKT"]
    assert gain["H_RW", "E_TKT"] / gain["W_ZN", "E_TKT"] == pytest.approx(4850 / 5100, rel=1e-6)
    assert gain["X_SNN", "E_SHM"] == pytest.approx(5650 / 4550, rel=1e-6), "a dormant way too"
    other = [n for n, k in enumerate(blueprint.links) if "coal" not in k.product]
    assert np.all(living.network.gain[other] == 1.0)


def _sent_heat(blueprint: Blueprint, flow: Floats, number: int) -> float | None:
    link = blueprint.links[number]
    grade = flown_grades(blueprint, flow).sent(link.source, link.product)
    return None if grade is None else grade[0]
