"""What every submitted form has, and where a page may lead back to."""

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """The base of every form: fields that it does not name are refused. ``csrf`` was checked by the guard."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    csrf: str = ""


def local_path(path: str) -> str:
    """The path if it leads into this console, else the overview.

    >>> local_path("/tasks?lane=live"), local_path("//evil.example"), local_path("https://evil.example"), local_path("/\\\\evil")
    ('/tasks?lane=live', '/', '/', '/')
    """
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else "/"
