"""A hazard message as the words of a what-if: its event as kind, its codes or shapes as area, its time as days."""

from typing import TYPE_CHECKING

from services.runtime.errors import InputError

if TYPE_CHECKING:
    from services.intake.cap.meaning import Words


def words_of(body: bytes) -> dict[str, str]:
    """Words of a CAP 1.2 message. Raises InputError for one that cannot be read or names no place."""
    from services.intake.cap.meaning import event_of
    from services.intake.cap.parser import read_notice
    from services.intake.table.grid import FileFault

    try:
        notice = read_notice(body)
        info = next((i for i in notice.infos if not i.is_english), notice.infos[0]) if notice.infos else None
        if info is None:
            raise InputError("报文没有 info / the message has no info")
        event = event_of(info, _words())
    except FileFault as fault:
        raise InputError(f"预警报文 hazard message: {fault.given!r}, 应为 right is {fault.wanted}") from fault
    codes = [code[:6] for area in info.areas for code in area.codes if code[:6].isdigit()]
    shapes = [" ".join(f"{lat},{lon}" for lat, lon in p) for area in info.areas for p in area.polygons]
    circles = [f"{lat},{lon},{km}" for area in info.areas for lat, lon, km in area.circles]
    found = {"kind": event}
    if codes:
        found["area"] = ",".join(dict.fromkeys(codes))
    elif shapes:
        found["polygon"] = ";".join(shapes)
    elif circles:
        found["circle"] = circles[0]
    else:
        raise InputError("报文没有区划代码、多边形或圆 / the message has no code, polygon or circle")
    onset = info.onset or info.effective or notice.sent
    if info.expires is not None and info.expires > onset:
        found["days"] = f"{(info.expires - onset).total_seconds() / 86400:.2f}"
    return found


def _words() -> "Words":
    from services.intake.cap.meaning import Words
    from services.intake.feeds.configuration import load_yaml
    from services.runtime.assets import asset_path
    from services.runtime.settings import Settings

    path = (Settings.from_environment().config or asset_path("deploy/config")) / "intake" / "cap.yaml"
    return load_yaml(path, Words) if path.is_file() else Words()
