"""The detectors of single series that are measured: all that ``detectors.series`` has."""

import importlib
import inspect
import pkgutil
from typing import Any

import detectors.series
from detectors.series.detector import Detector

_CONTRACT = {"name", "version", "bytes_per_series", "grow", "forget", "score", "learn", "snapshot", "restore"}


def detector_classes() -> dict[str, type[Any]]:
    """Every public class with the contract of ``detectors.series.detector`` by its name, in order."""
    found: dict[str, type[Any]] = {}
    for info in pkgutil.walk_packages(detectors.series.__path__, "detectors.series."):
        module = importlib.import_module(info.name)
        for cls in vars(module).values():
            is_own = inspect.isclass(cls) and cls.__module__ == info.name and not cls.__name__.startswith("_")
            if is_own and cls is not Detector and set(dir(cls)) >= _CONTRACT - {"version"} and hasattr(cls, "name"):
                found[cls.name] = cls
    return {name: found[name] for name in sorted(found)}
