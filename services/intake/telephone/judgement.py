"""A command of a person becomes an item for the desk: an observation, or a finding that says what would be right. Pure."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from schemas.chain import Chain
from schemas.command import Command
from schemas.lane import Lane, LaneKind, kind_of
from schemas.rejection import Reason
from schemas.report import EventReport, report_series_id
from services.intake.candidate import Candidate, Finding, finding, safe_lane
from services.intake.catalogue import Catalogue
from services.intake.telephone import event, stock
from services.intake.telephone.arguments import Fault
from services.intake.telephone.book import EventBook, Word
from services.runtime.clock import lane_time, to_us

KINDS = (event.KIND, stock.KIND)


class Entry(Struct, frozen=True):
    """What the desk is to judge, and the word to enter into the book once it is published."""

    item: Candidate | Finding
    word: Word | None = None


def judge(command: Command, catalogue: Catalogue, book: EventBook, arrived_at: datetime, offset: int) -> Entry:
    """Judge a report that the broker took at wall time ``arrived_at``, at ``offset`` of its topic: of two in one millisecond the later one counts."""
    try:
        lane = _lane(command, catalogue)
        chain = _chain(lane, catalogue)
        now = lane_time(lane, arrived_at)
        issued_at = now + timedelta(microseconds=offset % 1000)
        if command.kind == stock.KIND:
            return Entry(_marked(stock.stock_row(command, chain, now, issued_at), command))
        known = book.newest(command.lane, command.arguments.get("event", "").strip())
        report = event.event_of(command, known, chain, now)
        row = event.row_of(command, report, known, chain, issued_at)
        return Entry(_marked(row, command), _word(row, report, chain, now))
    except Fault as fault:
        raw = msgspec.json.encode(command)
        origin, safe = origin_of(command), safe_lane(command.lane)
        return Entry(finding(fault.reason, fault.field, fault.given, fault.wanted, origin=origin, raw=raw, lane=safe))


def origin_of(command: Command) -> str:
    """Where a rejection of a report says that it came from."""
    return f"command:{command.command_id}"


def _lane(command: Command, catalogue: Catalogue) -> Lane:
    lane = catalogue.lanes.get(command.lane)
    if lane is None or kind_of(lane.name) is LaneKind.REPLAY:
        wanted = "live 或已打开的 drill:<id>；回放不接报 / live, or an open drill:<id>; a replay takes no reports"
        raise Fault(Reason.BAD_LANE, "lane", command.lane, wanted)
    return lane


def _chain(lane: Lane, catalogue: Catalogue) -> Chain:
    chain = catalogue.chains.get(lane.chain)
    if chain is None:
        wanted = f"已发布的链：{'、'.join(catalogue.chains)} / a chain that is published: {', '.join(catalogue.chains)}"
        raise Fault(Reason.BAD_LANE, "lane", f"{lane.name} ({lane.chain})", wanted)
    return chain


def _marked(row: Candidate, command: Command) -> Candidate:
    return msgspec.structs.replace(row, origin=origin_of(command), raw=msgspec.json.encode(command))


def _word(row: Candidate, report: EventReport, chain: Chain, now: datetime) -> Word:
    issued_at = row.issued_at or now
    return Word(row.lane, report_series_id(chain.id), to_us(row.observed_at), to_us(issued_at), to_us(now), report)
