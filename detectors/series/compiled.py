"""How the loops over rows are compiled, and how a kept loop knows that one of its parts in another file changed."""

import hashlib
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A loop over rows, compiled once per machine; the compiler looks whether the file of the loop changed."""
    return njit(cache=True, nogil=True, error_model="numpy")(function)


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A piece of such a loop."""
    return njit(nogil=True, error_model="numpy")(function)


def compiled_bare(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a loop that makes no arrays: reference counts are off, what is given lives as long as the call from outside."""
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


def part_bare(function: Callable[P, R]) -> Callable[P, R]:
    """A piece of a loop that makes no arrays."""
    return njit(nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


def stamp(*files: Mapping[str, object]) -> str:
    """A digest of the parts and numbers of other files (their ``vars``) a loop uses; the loop holds it in a closure, which the compiler compares."""
    digest = hashlib.sha256()
    for name, thing in sorted((pair for names in files for pair in names.items()), key=lambda pair: pair[0]):
        code = getattr(getattr(thing, "py_func", None), "__code__", None)
        if code is not None:
            plain = [c for c in code.co_consts if isinstance(c, int | float | str)]
            digest.update(code.co_code + repr((name, code.co_names, plain)).encode())
        elif isinstance(thing, int | float) and not name.startswith("__"):
            digest.update(repr((name, thing)).encode())
    return digest.hexdigest()
