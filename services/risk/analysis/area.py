"""Areas on the map: polygons and circles of approximate coordinates, as text."""

import math

from services.runtime.errors import InputError

Corners = list[tuple[float, float]]


def number(text: str, name: str, low: float, high: float) -> float:
    """A number between two ends. Raises InputError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(f"{name} {text!r} 应为 {low:g} 至 {high:g} / {low:g} to {high:g} is right")
    return value


def polygons(text: str) -> list[Corners]:
    """Polygons "lat,lon lat,lon …", several with a semicolon between. Raises InputError.

    >>> polygons("39,109 40,109 40,111")
    [[(39.0, 109.0), (40.0, 109.0), (40.0, 111.0)]]
    """
    return [_corners(part) for part in text.split(";")]


def _corners(text: str) -> Corners:
    corners = []
    for pair in text.split():
        ends = pair.split(",")
        if len(ends) != 2:
            raise InputError(f"polygon: {pair!r} 应为 lat,lon / lat,lon is right")
        corners.append((number(ends[0], "lat", -90, 90), number(ends[1], "lon", -180, 180)))
    if len(corners) < 3:
        raise InputError(
            f"polygon 有 {len(corners)} 个角，至少 3 个 / has {len(corners)} corners, at least 3 are right"
        )
    return corners


def circle(text: str) -> tuple[float, float, float]:
    """A circle "lat,lon,km". Raises InputError."""
    parts = text.split(",")
    if len(parts) != 3:
        raise InputError(f"circle: {text!r} 应为 lat,lon,km / lat,lon,km is right")
    return (
        number(parts[0], "lat", -90, 90),
        number(parts[1], "lon", -180, 180),
        number(parts[2], "km", 0.0, 20_000.0),
    )


def is_inside(corners: Corners, lat: float, lon: float) -> bool:
    """Even-odd rule on plain coordinates.

    >>> is_inside([(0, 0), (0, 2), (2, 2), (2, 0)], 1, 1), is_inside([(0, 0), (0, 2), (2, 2), (2, 0)], 1, 3)
    (True, False)
    """
    is_in = False
    for (lat1, lon1), (lat2, lon2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (lat1 > lat) != (lat2 > lat) and lon < (lon2 - lon1) * (lat - lat1) / (lat2 - lat1) + lon1:
            is_in = not is_in
    return is_in


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance."""
    a, b = math.radians(lat1), math.radians(lat2)
    step = math.sin((a - b) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon1 - lon2) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(1.0, step)))
