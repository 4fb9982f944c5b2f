"""Keeps accounts: adds, changes, disables them, sets passwords. Each change is checked, written down, and ends the sessions it makes untrue."""

from collections.abc import Mapping

from msgspec import structs

from services.console.access.account import Account, check
from services.console.access.audit import Note
from services.console.access.passwords import Passwords, made_password, problem_of
from services.console.access.store import Store
from services.runtime.clock import Clock
from services.runtime.errors import InputError


class Clerk:
    """``actor`` is who does it. Every method raises InputError for what does not fit and UnreachableError when the database is away."""

    def __init__(self, store: Store, passwords: Passwords, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock

    def add(self, actor: str, account: Account, password: str | None = None) -> str:
        """A new account. Without a password one is made, returned, and must be changed at the first sign-in."""
        check(account)
        if self._store.account(account.name) is not None:
            raise InputError(f"{account.name}: 已有这个用户 / there is such an account already")
        word = self._accepted(password, account.name)
        now = self._clock.now()
        made = structs.replace(
            account,
            password=self._passwords.hashed(word),
            must_change=password is None,
            created_at=now,
            changed_at=now,
            revision=1,
        )
        self._store.put_account(made, _note(actor, "account add", made))
        return word

    def change(self, actor: str, changed: Account) -> None:
        """Other name to show, roles, chains, provider, subject, or disabled. Sessions end when the account is disabled or may do less."""
        check(changed)
        before = self._known(changed.name)
        kept = structs.replace(
            changed,
            password=before.password,
            must_change=before.must_change,
            created_at=before.created_at,
            changed_at=self._clock.now(),
            revision=changed.revision + 1,
        )
        self._store.put_account(kept, _note(actor, "account change", kept, _differences(before, kept)))
        if kept.is_disabled or not before.roles <= kept.roles or kept.chains != before.chains:
            self._end_sessions(actor, kept.name, "account change")

    def set_password(self, actor: str, name: str, password: str | None = None) -> str:
        """Somebody else's password. Without one it is made, returned, and must be changed at the next sign-in. All sessions end."""
        word = self._accepted(password, name)
        self._keep_password(actor, name, word, must_change=password is None)
        self._end_sessions(actor, name, "password set")
        return word

    def change_own_password(self, name: str, old: str, new: str, *, session_id: str | None) -> None:
        """One's own password; the other sessions end."""
        before = self._known(name)
        if not self._passwords.is_right(before.password, old):
            raise InputError("原口令不对 / the present password is wrong")
        if old == new:
            raise InputError("新口令与原口令相同 / the new password is the present one")
        self._keep_password(name, name, self._accepted(new, name), must_change=False)
        note = Note(actor=name, action="sessions end", subject=name, detail={"why": "password change"})
        self._store.end_sessions(name, note, but=session_id)

    def _keep_password(self, actor: str, name: str, word: str, *, must_change: bool) -> None:
        before = self._known(name)
        kept = structs.replace(
            before,
            password=self._passwords.hashed(word),
            must_change=must_change,
            changed_at=self._clock.now(),
            revision=before.revision + 1,
        )
        self._store.put_account(kept, Note(actor=actor, action="account password", subject=name))

    def _end_sessions(self, actor: str, name: str, why: str) -> None:
        self._store.end_sessions(name, Note(actor=actor, action="sessions end", subject=name, detail={"why": why}))

    def _known(self, name: str) -> Account:
        found = self._store.account(name)
        if found is None:
            raise InputError(f"{name}: 没有这个用户 / there is no such account")
        return found

    @staticmethod
    def _accepted(password: str | None, name: str) -> str:
        if password is None:
            return made_password()
        problem = problem_of(password, name)
        if problem is not None:
            raise InputError(f"口令{problem[0]} / password: {problem[1]}")
        return password


def _note(actor: str, action: str, account: Account, detail: Mapping[str, str] | None = None) -> Note:
    return Note(
        actor=actor, action=action, subject=account.name, detail=described(account) if detail is None else detail
    )


def described(account: Account) -> dict[str, str]:
    """What an account is, as text; no secret."""
    return {
        "display": account.display,
        "roles": " ".join(sorted(account.roles)),
        "chains": "*" if account.chains is None else " ".join(sorted(account.chains)),
        "provider": account.provider,
        "subject": account.subject or "",
        "disabled": "true" if account.is_disabled else "false",
    }


def _differences(before: Account, after: Account) -> dict[str, str]:
    old, new = described(before), described(after)
    return {name: f"{old[name]} → {new[name]}" for name in new if old[name] != new[name]}
