"""Sets a document as PDF, or as pictures of its pages, by Typst."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from services.runtime.document.content import Document
from services.runtime.errors import ConfigurationError

if TYPE_CHECKING:
    import typst

_PAGE = Path(__file__).with_name("page.typ")
_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback")
# one made at the epoch: the same document gives the same bytes
_EPOCH = 0


def as_pdf(document: Document) -> bytes:
    """The document as PDF (tagged, A4). Raises ConfigurationError when the machine has no Chinese font."""
    made = _compiler(document).compile(format="pdf", timestamp=_EPOCH)
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single PDF")
    return made


def as_pages(document: Document, ppi: float = 110.0) -> list[bytes]:
    """Each page as a PNG picture. Raises as ``as_pdf``."""
    made = _compiler(document).compile(format="png", ppi=ppi)
    return made if isinstance(made, list) else [made] if made is not None else []


def drawn(svg: str, ppi: float = 150.0) -> bytes:
    """An SVG drawing as a PNG picture, 17 cm wide."""
    import typst

    source = b"""#set page(width: 170mm, height: auto, margin: 0mm)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)"""
    made = typst.Compiler(input=source, sys_inputs={"svg": svg}).compile(format="png", ppi=ppi)
    return made[0] if isinstance(made, list) else made or b""


def _compiler(document: Document) -> "typst.Compiler":
    import typst

    fonts = typst.Fonts()
    if not set(_CHINESE) & set(fonts.families()):
        raise ConfigurationError(
            f"没有中文字体，请安装其一：{'、'.join(_CHINESE)}（Debian：fonts-wqy-microhei 或 fonts-noto-cjk） / "
            "no Chinese font: install one of those named (Debian: fonts-wqy-microhei or fonts-noto-cjk)"
        )
    words = msgspec.json.encode(document).decode()
    return typst.Compiler(input=_PAGE.read_bytes(), font_paths=fonts, sys_inputs={"document": words})
