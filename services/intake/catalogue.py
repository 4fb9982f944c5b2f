"""What intake knows at one moment: series, lanes and providers, unchanging, so that one batch is judged by one catalogue."""

import difflib
from collections.abc import Mapping

from msgspec import Struct

from schemas.chain import Chain, Series
from schemas.lane import Lane
from schemas.provider import ApiKey, Provider
from schemas.report import report_series
from services.runtime.registry import Registry


class KeyHolder(Struct, frozen=True):
    """A provider and the one of its keys that was named."""

    provider: Provider
    key: ApiKey


class Place(Struct, frozen=True):
    """A place of a chain with its administrative code, for areas given as polygons and circles. Degrees."""

    admin_code: str
    latitude: float
    longitude: float


class Catalogue(Struct, frozen=True):
    """A snapshot of the registry. ``keys`` finds a provider by the readable part of its key."""

    series: Mapping[str, Series]
    lanes: Mapping[str, Lane]
    providers: Mapping[str, Provider]
    keys: Mapping[str, KeyHolder]
    places: tuple[Place, ...] = ()
    chains: Mapping[str, Chain] = {}

    def nearest(self, name: str) -> str:
        """The series id most like ``name``, empty when none is near. Costs some milliseconds."""
        if len(name) > 120:
            return ""
        return next(iter(difflib.get_close_matches(name, list(self.series), n=1, cutoff=0.6)), "")


def catalogue_of(
    series: Mapping[str, Series],
    lanes: Mapping[str, Lane],
    providers: Mapping[str, Provider],
    places: tuple[Place, ...] = (),
    chains: Mapping[str, Chain] | None = None,
) -> Catalogue:
    """A snapshot of these nouns; later changes of the mappings do not reach it."""
    holders = {k.key_id: KeyHolder(p, k) for p in providers.values() for k in p.keys}
    return Catalogue(dict(series), dict(lanes), dict(providers), holders, places, dict(chains or {}))


def snapshot(registry: Registry) -> Catalogue:
    """A snapshot of the registry as it is now; call it from the thread that refreshes the registry."""
    nodes = (n for chain in registry.chains.values() for n in chain.nodes)
    places = tuple(Place(n.admin_code, n.lat, n.lon) for n in nodes)
    series = registry.series | {(s := report_series(chain)).id: s for chain in registry.chains.values()}
    return catalogue_of(series, registry.lanes, registry.providers, places, registry.chains)


def is_listed(name: str, patterns: list[str]) -> bool:
    """True when a name is in a list of exact names and prefixes ending in ``*``.

    >>> is_listed("stock.M_HEW.raw_coal", ["stock.M_*"]), is_listed("live", ["drill:*"])
    (True, False)
    """
    return any(name == p or (p.endswith("*") and name.startswith(p[:-1])) for p in patterns)
