"""Whether this process is still heard: a consumer that its group has dropped may live on without a message and without an error."""

from services.runtime.errors import UnreachableError

PATIENCE_SESSIONS = 3
LEAST_PATIENCE_S = 60.0


class Membership:
    """A process that was no member of its group for longer than its patience must end, so that it is started again and joins anew."""

    def __init__(self, session_s: float, now_s: float) -> None:
        self.patience_s = max(LEAST_PATIENCE_S, PATIENCE_SESSIONS * session_s)
        self._seen_s = now_s

    def note(self, *, is_member: bool, now_s: float) -> None:
        """Say whether it is a member now (monotonic seconds). Raises UnreachableError when it has not been one for too long."""
        if is_member:
            self._seen_s = now_s
        elif now_s - self._seen_s > self.patience_s:
            raise UnreachableError(
                f"not a member of the consumer group for {now_s - self._seen_s:.0f} s; joining within {self.patience_s:.0f} s is right"
            )
