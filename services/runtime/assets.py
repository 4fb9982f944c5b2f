"""Files that are shipped with the packages: deploy files, boards."""

from pathlib import Path

_PACKAGED = Path(__file__).parent / "assets"
_CHECKOUT = Path(__file__).resolve().parents[2]


def asset_path(name: str) -> Path:
    """Path of a shipped file or folder, such as ``deploy/config/chains/ordos``, in a wheel or in a checkout.

    Raises FileNotFoundError when it is in neither.
    """
    for root in (_PACKAGED, _CHECKOUT):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"shipped file {name!r} is neither in {_PACKAGED} nor in {_CHECKOUT}")


def config_text(folder: Path | None, name: str) -> tuple[str, str]:
    """Text and path of a file of the configuration ``folder`` (None: the shipped one). Raises FileNotFoundError."""
    path = (folder or asset_path("deploy/config")) / name
    return path.read_text(encoding="utf-8"), str(path)
