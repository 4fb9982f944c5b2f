"""Writes a document as an editable Word file."""

import io
from typing import TYPE_CHECKING, Any

from services.runtime.document.content import (
    Block,
    Bullets,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Table,
    Tone,
)
from services.runtime.document.pdf import drawn

if TYPE_CHECKING:
    from docx.document import Document as WordFile

_FONT = "Microsoft YaHei"
_WIDTH_MM = 174.0
_TONES = {
    Tone.BLUE: "2F6FDE",
    Tone.YELLOW: "E6B800",
    Tone.ORANGE: "F07D00",
    Tone.RED: "C8202B",
    Tone.UNKNOWN: "8B96A0",
    Tone.DONE: "3F8F5B",
}


def as_word(document: Document) -> bytes:
    """The document as a .docx file: headings, lists and tables are Word's own, so that people can go on writing."""
    import docx

    file = docx.Document()
    _set_up(file, document)
    file.add_heading(document.title, level=0)
    if document.subtitle:
        _grey(file.add_paragraph().add_run(document.subtitle))
    for block in document.blocks:
        _add(file, block)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def _set_up(file: "WordFile", document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    for name in ("Normal", "Title", "Heading 1"):
        style: Any = file.styles[name]
        style.font.name = _FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
        style.font.color.rgb = RGBColor(0x1B, 0x27, 0x33)
    normal: Any = file.styles["Normal"]
    normal.font.size = Pt(10)
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(18), Mm(17)
    _grey(section.footer.paragraphs[0].add_run(document.footer))
    if document.mark:
        header = section.header.paragraphs[0]
        header.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = header.add_run(document.mark)
        run.bold, run.font.color.rgb = True, RGBColor(0xC8, 0x20, 0x2B)
    file.core_properties.title = document.title


def _add(file: "WordFile", block: Block) -> None:
    from docx.shared import Mm

    match block:
        case Heading(zh=zh, en=en):
            _grey(file.add_heading(zh, level=1).add_run(f"  {en}" if en else ""))
        case Paragraph(text=text, is_note=is_note):
            run = file.add_paragraph().add_run(text)
            if is_note:
                _grey(run)
        case Bullets(points=points, is_open=is_open):
            for point in points:
                file.add_paragraph(f"☐ {point}" if is_open else point, style=None if is_open else "List Bullet")
        case Facts(items=items):
            _add_table(file, Table(("", "", ""), items, (2, 1, 3)), with_header=False)
        case Table():
            _add_table(file, block)
        case Picture(svg=svg, caption=caption):
            file.add_picture(io.BytesIO(drawn(svg)), width=Mm(_WIDTH_MM))
            _grey(file.add_paragraph().add_run(caption))


def _add_table(file: "WordFile", table: Table, *, with_header: bool = True) -> None:
    from docx.shared import Mm, Pt

    if not table.rows:
        _grey(file.add_paragraph().add_run(table.empty))
        return
    rows = [table.header, *table.rows] if with_header else list(table.rows)
    grid = file.add_table(rows=len(rows), cols=len(table.header), style="Table Grid")
    grid.autofit = False
    whole = sum(table.widths)
    for number, row in enumerate(rows):
        for column, (cell, words) in enumerate(zip(grid.rows[number].cells, row, strict=True)):
            cell.width = Mm(_WIDTH_MM * table.widths[column] / whole)
            run = cell.paragraphs[0].add_run(words)
            run.font.size = Pt(9)
            run.bold = with_header and number == 0
    for number, tone in enumerate(table.tones, start=1):
        if tone in _TONES:
            _shade(grid.rows[number].cells[0], _TONES[tone])
    if with_header:
        _repeat(grid.rows[0])
    file.add_paragraph()


def _shade(cell: Any, colour: str) -> None:
    """A coloured bar at the left edge of a cell."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    bar = OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "36"), ("color", colour)):
        bar.set(qn(f"w:{name}"), value)
    borders.append(bar)
    cell._tc.get_or_add_tcPr().append(borders)  # the library has no borders of cells


def _repeat(row: Any) -> None:
    """The header stands again on each page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # the library has no repeated headers


def _grey(run: Any) -> None:
    from docx.shared import Pt, RGBColor

    run.font.size, run.font.color.rgb = Pt(8.5), RGBColor(0x66, 0x73, 0x7F)
