"""Reports of officers judged on the operating chain."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.chain import Chain
from schemas.command import Command
from schemas.lane import Lane
from schemas.report import report_series
from services.intake.catalogue import Catalogue, catalogue_of
from services.runtime.chain import load_chain
from tests.phone import CLOSURE, NOW, Office, command


@pytest.fixture(scope="session")
def chain() -> Chain:
    """The operating chain."""
    return load_chain(Path(__file__).resolve().parents[3] / "deploy/config/chains/ordos")


@pytest.fixture(scope="session")
def catalogue(chain: Chain) -> Catalogue:
    """Its series, a live lane, a drill ten days behind, a closed drill and a replay."""
    lanes = [
        Lane(name=name, chain="ordos", opened_at=NOW, origin=origin, wall_origin=NOW, closed_at=closed)
        for name, origin, closed in (
            ("live", NOW, None),
            ("drill:w", NOW - timedelta(days=10), None),
            ("drill:over", NOW, NOW),
            ("replay:old", NOW, None),
        )
    ]
    series = {s.id: s for s in (*chain.series, report_series(chain))}
    return catalogue_of(series, {lane.name: lane for lane in lanes}, {}, (), {chain.id: chain})


@pytest.fixture
def office(catalogue: Catalogue) -> Iterator[Office]:
    """An office of its own."""
    office = Office(catalogue)
    yield office
    office.packer.close()


@pytest.fixture
def closure() -> Callable[..., Command]:
    """A closure of the Daqin line, told by telephone; changes of arguments by name, ``None`` leaves one out."""

    def made(name: str = "c1", lane: str = "live", **changes: str | None) -> Command:
        arguments = {k: v for k, v in (CLOSURE | changes).items() if v is not None}
        return command(name, lane=lane, **arguments)

    return made
