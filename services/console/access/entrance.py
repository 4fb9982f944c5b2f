"""Coming in and going out: what a name and password, a cookie or a key is worth."""

from datetime import timedelta

from msgspec import Struct

from services.console.access.account import Account, is_name
from services.console.access.audit import Note
from services.console.access.brake import Brake
from services.console.access.passwords import Passwords
from services.console.access.person import Person
from services.console.access.secrets import digest_of, new_id, new_secret
from services.console.access.session import TOUCH_EVERY, Session, expiry, is_alive, limited
from services.console.access.store import Store
from services.runtime.clock import Clock

_MOST_AGENT = 200


class Origin(Struct, frozen=True):
    """Where a request comes from."""

    address: str
    agent: str = ""


class Refused(Struct, frozen=True):
    """No entry. ``wait`` above zero: too many attempts; the reason is never told."""

    wait: timedelta = timedelta(0)


class Entered(Struct, frozen=True):
    """A new session: its secret goes into the cookie and nowhere else."""

    secret: str
    session: Session


class Admitted(Struct, frozen=True):
    """Who stands behind a cookie or key. ``secret`` proves forms; empty for a key."""

    person: Person
    session: Session | None
    secret: str = ""


class Entrance:
    """Signs in and out. Every method raises UnreachableError when the database is away."""

    def __init__(self, store: Store, passwords: Passwords, brake: Brake, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._brake = brake
        self._clock = clock

    def sign_in(self, name: str, password: str, origin: Origin, *, is_wall: bool = False) -> Entered | Refused:
        """Check and begin a session, always a new one."""
        now, name = self._clock.now(), name.strip().lower()[:63]
        wait = self._brake.wait(name, origin.address, now)
        if wait > timedelta(0):
            return Refused(wait)
        account = self._store.account(name) if is_name(name) else None
        is_right = self._passwords.is_right("" if account is None else account.password, password)
        if account is None or not is_right or account.is_disabled:
            self._brake.fail(name, origin.address, now)
            self._store.write(Note(actor=name, action="sign-in refused", subject=name, address=origin.address))
            return Refused(self._brake.wait(name, origin.address, now))
        self._brake.clear(name, origin.address)
        return self.begin(account, origin, "password", is_wall=is_wall)

    def begin(self, account: Account, origin: Origin, how: str, *, is_wall: bool = False) -> Entered:
        """A session for an account that has proved itself."""
        now, secret = self._clock.now(), new_secret()
        session = Session(
            session_id=new_id(),
            account=account.name,
            created_at=now,
            seen_at=now,
            expires_at=expiry(now, is_wall=is_wall),
            ended_at=None,
            is_wall=is_wall,
            address=origin.address,
            agent=origin.agent[:_MOST_AGENT],
        )
        detail = {"how": how, "session": session.session_id} | ({"wall": "true"} if is_wall else {})
        note = Note(actor=account.name, action="sign-in", subject=account.name, address=origin.address, detail=detail)
        self._store.begin_session(session, digest_of(secret), note)
        return Entered(secret, session)

    def admit(self, secret: str) -> Admitted | None:
        """Who holds this cookie; None when it is worth nothing (any more)."""
        found, now = self._store.session(digest_of(secret)), self._clock.now()
        if found is None:
            return None
        session, account = found
        if account.is_disabled or not is_alive(session, now):
            return None
        if now - session.seen_at >= TOUCH_EVERY:
            self._store.touch_session(session.session_id, now)
        return Admitted(limited(account.person(), session), session, secret)

    def sign_out(self, admitted: Admitted, origin: Origin) -> None:
        """End this session."""
        if admitted.session is None:
            return
        name, session_id = admitted.person.name, admitted.session.session_id
        note = Note(actor=name, action="sign-out", subject=name, address=origin.address, detail={"session": session_id})
        self._store.end_sessions(name, note, only=session_id)
