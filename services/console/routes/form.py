"""What every submitted form has, and where a page may lead back to."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, field_validator

Name = Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9._:-]+$")]
"""An id in a path: nothing else reaches a question to the database."""


class Form(BaseModel):
    """The base of every form: fields that it does not name are refused. ``csrf`` was checked by the guard."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    csrf: str = ""

    @field_validator("*")
    @classmethod
    def is_text(cls, value: object) -> object:
        """No table holds the character NUL."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("不得含 NUL 字符 / the character NUL is not allowed")
        return value


def local_path(path: str) -> str:
    """The path if it leads into this console, else the overview.

    >>> local_path("/tasks?lane=live"), local_path("//evil.example"), local_path("https://evil.example"), local_path("/\\\\evil")
    ('/tasks?lane=live', '/', '/', '/')
    """
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else "/"
