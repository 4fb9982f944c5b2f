"""The report of a file: what was accepted, and every fault by line and column, for people and for programs."""

from msgspec import Struct

from services.intake.checks import Judge
from services.intake.desk import Outcome, Told, told_of
from services.intake.json_records import Items
from services.intake.validation import Judgement, judge_batch


class FileReport(Struct, frozen=True, kw_only=True):
    """What became of a file. ``is_dry_run``: nothing was sent."""

    file: str
    provider: str
    accepted: int
    rejected: int
    is_dry_run: bool
    ids: list[str]
    rejections: list[Told]

    def text(self) -> str:
        """The report for people: Chinese first, English beside it."""
        head = "试读（未发送） dry run (nothing was sent)" if self.is_dry_run else "已接收 received"
        lines = [
            f"{self.file} · {self.provider} · {head}",
            f"可用 accepted: {self.accepted}    退回 rejected: {self.rejected}",
        ]
        for told in self.rejections:
            place = told.origin.removeprefix(f"file:{self.file}") or "整个文件 whole file"
            lines.append(f"{place}  [{told.reason}] {told.reason_zh} {told.reason_en}")
            lines.append(
                f"    字段 field: {told.field or '–'}    所给 given: {told.given or '–'}    应为 wanted: {told.wanted}"
            )
        return "\n".join(lines) + "\n"


def report_of(file: str, provider: str, outcome: Outcome) -> FileReport:
    """The report of a file that was sent."""
    return FileReport(
        file=file,
        provider=provider,
        accepted=outcome.accepted,
        rejected=outcome.rejected,
        is_dry_run=False,
        ids=outcome.ids,
        rejections=outcome.rejections,
    )


def dry_run(file: str, judge: Judge, items: Items) -> FileReport:
    """Judge a file without sending anything: all faults at once."""
    judgement: Judgement = judge_batch(judge, items)
    told = [
        told_of(index, place.rejection(judge.source, judge.known_at(place.lane)))
        for index, place in enumerate(judgement.places)
        if not isinstance(place, tuple)
    ]
    return FileReport(
        file=file,
        provider=judge.source,
        accepted=len(judgement.places) - len(told),
        rejected=len(told),
        is_dry_run=True,
        ids=[],
        rejections=told,
    )
