"""One look at a lane: its chain, what the database says of it, and what the map makes of both. Overview, map and wall share it.

The chain and its map are kept by version. What changes is read anew once the stream was told of a change, and after two seconds; once for all who ask
together.
"""

from collections.abc import Callable

from msgspec import Struct

from schemas.chain import Chain
from services.console.chart.map_chain import MapChain, map_of
from services.console.chart.map_state import MapState, state_of
from services.console.reading.chain import chain_of, version_in_force
from services.console.reading.lane import LaneView
from services.console.reading.picture import Picture, picture
from services.console.shared import Kept, Shared
from services.console.shelf import Shelf
from services.runtime.clock import Clock

_MOST_CHAINS = 8


class Look(Struct, frozen=True):
    """A lane with its chain at one moment."""

    chain: Chain
    picture: Picture
    state: MapState


class Outlook:
    """Looks at lanes. Every method raises UnreachableError. ``stamp`` tells whether anything changed in a lane, None where nobody listens."""

    def __init__(self, shelf: Shelf, clock: Clock, stamp: Callable[[str], tuple[int, int] | None]) -> None:
        self._shelf = shelf
        self._stamp = stamp
        self._chains: dict[tuple[str, str], tuple[Chain, MapChain]] = {}
        self._looks: Shared[Look] = Shared()
        self._kept: Kept[Look] = Kept(clock)

    def at(self, lane: LaneView) -> Look | None:
        """The lane as it is now; None while its chain was never imported. Readings, of which the database does not tell, may be two seconds old."""
        return self._kept.get(lane.name, self._stamp(lane.name), lambda: self._read(lane))

    def _read(self, lane: LaneView) -> Look | None:
        version = version_in_force(self._shelf, lane.chain)
        known = None if version is None else self._chain(lane.chain, version)
        if known is None:
            return None
        chain = known[0]

        def read() -> Look:
            found = picture(self._shelf, lane)
            return Look(chain, found, state_of(chain, found))

        return self._looks.get((lane.name, version), read)

    def chain(self, chain: str) -> Chain | None:
        """The version of a chain that is in force; None where there is none."""
        version = version_in_force(self._shelf, chain)
        known = None if version is None else self._chain(chain, version)
        return None if known is None else known[0]

    def map(self, chain: str, version: str | None = None) -> MapChain | None:
        """The map of a chain in a version, without one in the version in force; None where there is none."""
        wanted = version or version_in_force(self._shelf, chain)
        known = None if wanted is None else self._chain(chain, wanted)
        return None if known is None else known[1]

    def _chain(self, chain: str, version: str) -> tuple[Chain, MapChain] | None:
        known = self._chains.get((chain, version))
        if known is None:
            found = chain_of(self._shelf, chain, version)
            if found is None:
                return None
            if len(self._chains) >= _MOST_CHAINS:
                self._chains.clear()
            known = self._chains[chain, version] = (found, map_of(found))
        return known
