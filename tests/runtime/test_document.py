"""Papers: the same words on the page and in the editable file, marked where it is a rehearsal; words are never taken for code."""

import io

import docx
import pytest

from services.runtime.document import (
    Bullets,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Table,
    Tone,
    as_pages,
    as_pdf,
    as_word,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10" fill="#e9edf0"/></svg>'
TRICKY = '沿海 #panic("x") $a$ *b* _c_ @d <e> \\ [f] "g" {h}'
PAPER = Document(
    title="值班快报",
    subtitle="2026-01-12 08:00",
    footer="数据截至 2026-01-12 07:30",
    blocks=(
        Facts((("在列风险", "4", "红 1 橙 1"),)),
        Heading("在列风险", "open risks"),
        Table(("等级", "环节"), (("红色", TRICKY),), (1, 3), (Tone.RED,)),
        Table(("任务",), (), (1,), empty="没有未办任务"),
        Bullets(("核对库存",), is_open=True),
        Paragraph("以上为系统研判。", is_note=True),
        Picture(SVG, "图"),
    ),
)
REHEARSAL = Document(title="值班快报", subtitle="", footer="", blocks=PAPER.blocks, mark="【演练】EXERCISE")


def test_the_word_file_holds_every_word_and_can_be_edited() -> None:
    file = docx.Document(io.BytesIO(as_word(PAPER)))
    told = "\n".join(p.text for p in file.paragraphs)
    cells = [[c.text for c in row.cells] for table in file.tables for row in table.rows]
    assert ["红色", TRICKY] in cells
    assert ["在列风险", "4", "红 1 橙 1"] in cells
    for words in ("值班快报", "没有未办任务", "☐ 核对库存", "以上为系统研判。"):
        assert words in told
    assert file.sections[0].footer.paragraphs[0].text == "数据截至 2026-01-12 07:30"
    assert len(file.inline_shapes) == 1


def test_the_same_document_gives_the_same_pdf_and_words_are_no_code() -> None:
    first = as_pdf(PAPER)
    assert first.startswith(b"%PDF-")
    assert first == as_pdf(PAPER)


def test_a_rehearsal_is_marked_on_paper_and_in_the_file() -> None:
    plain, marked = as_pages(PAPER, ppi=40), as_pages(REHEARSAL, ppi=40)
    assert len(plain) == len(marked) == 1
    assert plain != marked
    assert docx.Document(io.BytesIO(as_word(REHEARSAL))).sections[0].header.paragraphs[0].text == "【演练】EXERCISE"


def test_a_long_table_goes_on_over_pages_with_its_header() -> None:
    rows = tuple((f"D_{i}", "动力煤") for i in range(120))
    paper = Document(title="清单", subtitle="", footer="", blocks=(Table(("环节", "产品"), rows, (1, 1)),))
    assert len(as_pages(paper, ppi=20)) > 2


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="2 columns was given rows of"):
        Table(("等级", "环节"), (("红色",),), (1, 1))
    with pytest.raises(ValueError, match="2 tones were given for 1 rows"):
        Table(("等级",), (("红色",),), (1,), (Tone.RED, Tone.BLUE))
