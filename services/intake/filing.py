"""Taking in a file, the same for the drop folder, the upload and the command line: receipt, reading, judging, publishing."""

import hashlib

from schemas.provider import Provider
from schemas.rejection import Reason
from services.intake.candidate import finding
from services.intake.desk import Desk
from services.intake.document import Documents, is_xml
from services.intake.json_records import Items
from services.intake.report import FileReport, dry_run, report_of


class Filing:
    """Files of providers. ``provider`` None means the operator, whose name is ``source``."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        self.desk = desk
        self.documents = documents

    def read(self, file: str, body: bytes, source: str, *, mapping: str = "", lane: str = "") -> Items:
        """Items of a file; one that is too large is one finding. Raises ConfigurationError for an unknown mapping."""
        limits = self.desk.limits
        most = limits.cap_bytes if is_xml(file, body) else limits.file_bytes
        if len(body) > most:
            wanted = f"至多 {most} 字节，请分成几个文件 / at most {most} bytes; split the file"
            return [finding(Reason.TOO_LARGE, "", f"{len(body)}", wanted, origin=f"file:{file}", raw=body)]
        return self.documents.read(file, body, source, self.desk.catalogue(), mapping=mapping, lane=lane)

    def rehearse(
        self, file: str, body: bytes, provider: Provider | None, source: str, *, mapping: str = "", lane: str = ""
    ) -> FileReport:
        """Say everything that is wrong with a file and send nothing."""
        items = self.read(file, body, source, mapping=mapping, lane=lane)
        return dry_run(file, self.desk.judge(provider, source), items)

    def take(
        self,
        file: str,
        body: bytes,
        provider: Provider | None,
        source: str,
        *,
        arrival: str = "",
        mapping: str = "",
        lane: str = "",
    ) -> FileReport:
        """Publish a file and wait for the broker. ``arrival`` tells two arrivals of equal content apart (such as the time of its change).

        The receipt comes first: taken again after a crash, every record has the same identity. Raises UnreachableError.
        """
        digest = hashlib.sha256(body).digest()[:16]
        key = f"file:{file}:{digest.hex()}:{arrival}"
        receipt, is_new = self.desk.receipts.arrive(source, key, digest, self.desk.clock.now())
        if is_new:
            self.desk.note_receipts([receipt]).result()
            self.desk.receipts.confirm(receipt)
        items = self.read(file, body, source, mapping=mapping, lane=lane)
        outcome = self.desk.handle(self.desk.judge(provider, source, receipt.known_at), items)
        return report_of(file, source, outcome)
