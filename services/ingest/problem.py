"""What can become of a batch.

::

    LianjingError
    ├── RefusedError   the database refuses a value (SQLSTATE 22xxx, 23xxx): the same rows fail again, others may pass
    └── BrokenError    it refuses for a reason that is neither the data nor an outage, such as a missing right
"""

from msgspec import Struct

from schemas.rejection import Rejection
from services.ingest.batch import Ints
from services.runtime.errors import LianjingError


class RefusedError(LianjingError):
    """The database refuses a value: the same rows fail again, others may pass."""


class BrokenError(LianjingError):
    """The database refuses for a reason that is neither the data nor an outage."""


class Written(Struct, frozen=True):
    """What a transaction did: rows stored and repeated by message of the batch, the rejections it wrote, and its path.

    The path is ``copy``, ``mixed`` (some rows were looked up) or ``fallback`` (all were, because one was there against expectation).
    """

    stored_by_span: Ints
    repeated_by_span: Ints
    rejections: list[Rejection]
    path: str

    @property
    def stored(self) -> int:
        """Rows stored."""
        return int(self.stored_by_span.sum())

    @property
    def repeated(self) -> int:
        """Rows that were there already."""
        return int(self.repeated_by_span.sum())
