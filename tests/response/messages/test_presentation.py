"""How a letter looks: what, how long, do what by when come first and survive every cut; nothing in a text becomes markup."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.response.marks import marked
from services.response.notice import Letter
from services.response.presentation import cut, markdown, page, plain, sms, speech

MakeLetter = Callable[..., Letter]
HEAD = "哈尔乌素电厂 动力煤 断供风险"
LASTS = "剩余：约 31 小时到最低库存（01-11 19:00）"
DO = "请办（01-10 15:00 前）：核实电厂库存并报链长"


def test_what_is_needed_stands_first_and_bold(make_letter: MakeLetter) -> None:
    rows = markdown(make_letter(), gap="\n\n", most_bytes=5_000).split("\n\n")
    assert rows[0] == f"**【系统研判·红色】{HEAD}**"
    assert rows[1:3] == [f"**{LASTS}**", f"**{DO}**"]
    assert [row.split("：")[0] for row in rows[3:7]] == ["把握", "库存", "原因", "预案"]
    assert rows[7] == "**[▶ 确认收到](https://lianjing.example.org/m/abc.def)**"
    assert rows[8].startswith("［system proposal")


@pytest.mark.parametrize("most", [4096, 700, 500, 420])
def test_cut_to_any_length_the_needed_stays(make_letter: MakeLetter, most: int) -> None:
    text = markdown(make_letter(text_en="x" * 9_000), gap="\n", most_bytes=most)
    assert len(text.encode()) <= most
    for part in (HEAD, LASTS, DO, "确认收到"):
        assert part in text


def test_a_short_message_and_a_call(make_letter: MakeLetter) -> None:
    letter = make_letter()
    assert sms(letter) == f"【系统研判·红色】{HEAD}。{LASTS}。{DO}。确认收到 {letter.link}"
    long = make_letter(text_zh=letter.text_zh.replace("核实", "核实" * 200))
    assert len(sms(long)) <= 268
    assert sms(long).endswith(letter.link)
    said = speech(letter)
    assert "约 31 小时到最低库存" in said
    assert "确认请按1" in said
    assert not set("【】·（）：") & set(said)


def test_what_may_have_arrived_says_so(make_letter: MakeLetter) -> None:
    letter = make_letter(is_repeat=True)
    for text in (markdown(letter, gap="\n", most_bytes=5_000), plain(letter), sms(letter), page(letter)):
        assert "此条可能已发过" in text


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_becomes_markup(head: str, words: str) -> None:
    from datetime import UTC, datetime

    letter = Letter(
        notification_id="n", lane="live", level="red", recipient="r", address="", text_zh=f"{head}\n请办：{words}", text_en="A",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    shown = markdown(letter, gap="\n", most_bytes=9_000)
    assert "](" not in shown, "a link that is not ours"
    assert "<" not in shown
    assert "<script" not in page(letter).replace("<!doctype", "").lower()
    assert len(sms(letter)) <= 268


@given(st.text(max_size=60), st.integers(3, 100))
def test_cut_keeps_whole_characters(text: str, most: int) -> None:
    assert len(cut(text, most).encode()) <= most
    assert text.startswith(cut(text, most).removesuffix("…"))


@pytest.mark.parametrize(
    ("lane", "is_drilled", "begins"),
    [
        ("live", False, "【系统研判"),
        ("live", True, "【实警·非演练】【系统研判"),
        ("drill:a", True, "【演练】【系统研判"),
        ("drill:a", False, "【演练】【系统研判"),
        ("replay:a", True, "【回放】【系统研判"),
    ],
)
def test_marks_stand_in_front_once(lane: str, is_drilled: bool, begins: str) -> None:
    once = marked("【系统研判】甲", "A", lane, is_drilled=is_drilled)
    assert once[0].startswith(begins)
    assert marked(*once, lane, is_drilled=is_drilled) == once
