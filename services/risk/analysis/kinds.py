"""Kinds of events as the operator states them in ``what-if/kinds.yaml``: what each leaves, for how long, and the norms of the list of guarantees."""

import msgspec
import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError


class Effect(Struct, frozen=True, forbid_unknown_fields=True):
    """``factor`` of capacity (or of use) that is left, and where the number is from."""

    factor: float
    mark: str


class Kind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind. ``days`` None: as long as the priors of the kind of place say. ``places`` by kind of node, ``links`` by mode, ``users`` by product;
    ``every_place`` holds for nodes and links named one by one."""

    name_zh: str
    name_en: str
    days: float | None
    days_mark: str
    places: dict[str, Effect] = {}
    links: dict[str, Effect] = {}
    users: dict[str, Effect] = {}
    every_place: Effect | None = None
    permit_zh: str = ""
    permit_en: str = ""


class Norm(Struct, frozen=True, forbid_unknown_fields=True):
    """A number to convert with, and where it is from."""

    value: float
    mark: str


class Norms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Tonnes per train and truck, hours of a truck's turnround beside driving, people. Illustrative."""

    train_t: Norm
    truck_t: Norm
    turnround_h: Norm
    crew_per_train: Norm
    crew_per_truck: Norm
    people_per_shift: dict[str, Norm]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. ``trades`` by kind of node, GB/T 4754; ``hazards`` the kind of an event that has another name; ``areas`` names of county
    codes in zh and en."""

    kinds: dict[str, Kind]
    trades: dict[str, str]
    hazards: dict[str, str]
    areas: dict[str, tuple[str, str]]
    norms: Norms


def parse_kinds(text: str, name: str) -> Settings:
    """Read the file. Raises ConfigurationError that names it and what is wrong."""
    try:
        found = msgspec.convert(yaml.safe_load(text), Settings)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: 不是 YAML not YAML ({error})") from error
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    problems = [
        f"{name}, kinds.{key}: {what} {effect.factor} 应为 0 至 3 / 0 to 3 is right"
        for key, kind in found.kinds.items()
        for group in (kind.places, kind.links, kind.users)
        for what, effect in group.items()
        if not 0 <= effect.factor <= 3
    ]
    problems += [
        f"{name}, kinds.{key}: days {kind.days} 应大于 0 且不超过 365 / above 0, at most 365 is right"
        for key, kind in found.kinds.items()
        if kind.days is not None and not 0 < kind.days <= 365
    ]
    if "loss" not in found.kinds:
        problems.append(f"{name}: 缺少 kinds.loss（全停）/ the kind loss is wanted")
    if problems:
        raise ConfigurationError(*problems)
    return found
