"""The error tree, sorted by what the caller must do.

::

    LianjingError
    ├── InputError            reject: the input is wrong; says what was given and what would be right
    │   └── ConfigurationError    the same for files of the operator
    ├── UnreachableError      retry: a part is away; nothing was lost, try again later
    └── InvariantError        stop: something that must hold does not; a person has to look
"""


class LianjingError(Exception):
    """Root of all errors raised on purpose."""


class InputError(LianjingError):
    """The input is wrong. The message says what was given and what would be right."""


class ConfigurationError(InputError):
    """An operator's file or setting is wrong. ``problems`` lists every finding, one line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UnreachableError(LianjingError):
    """A part (broker, database, Alertmanager, …) is away. Retrying later is right."""


class InvariantError(LianjingError):
    """Something that must always hold does not. Stop and let a person look."""
