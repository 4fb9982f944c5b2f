"""What a page refuses, each with its word in both languages."""

from services.runtime.errors import LianjingError


class RefusedError(LianjingError):
    """A request that is not served. ``status`` is that of HTTP."""

    status = 400

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class SignInError(RefusedError):
    """Nobody is signed in."""

    status = 401

    def __init__(self) -> None:
        super().__init__("请先登录", "sign in first")


class ForbiddenError(RefusedError):
    """The person may not do this."""

    status = 403


class UnknownError(RefusedError):
    """There is no such thing, or the person need not know that there is."""

    status = 404

    def __init__(
        self, zh: str = "没有这个页面，或不在您的范围内", en: str = "there is no such page, or it is outside your scope"
    ) -> None:
        super().__init__(zh, en)


class StaleError(RefusedError):
    """What the person looked at has changed meanwhile."""

    status = 409


class WrongError(RefusedError):
    """The form says something senseless."""

    status = 422


class AwayError(RefusedError):
    """Somebody else's service, which the page needs, does not answer."""

    status = 503


class ManyError(RefusedError):
    """Too much at once: too many attempts, too large a body."""

    status = 429
