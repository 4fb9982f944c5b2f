"""Parts of the compiled kernels, and how their cache on disk sees that one of them changed."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., object])

_PARTS: list[Callable[..., object]] = []


def part(function: F) -> F:
    """A function compiled when first called from a kernel. Reference counts are off: arrays live as long as the call from outside."""
    _PARTS.append(function)
    return njit(nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


def kernel(function: F) -> F:
    """A function called from Python: compiled once and kept on disk. It must read ``stamp()`` from its closure."""
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


def stamp() -> str:
    """A digest of all parts and of the numbers they name: numba looks only at the file of the function it keeps."""
    digest = hashlib.sha256()
    for function in _PARTS:
        code, names = function.__code__, function.__globals__
        digest.update(code.co_code)
        digest.update(repr((code.co_name, [c for c in code.co_consts if isinstance(c, int | float | str)])).encode())
        digest.update(repr([(n, names[n]) for n in code.co_names if isinstance(names.get(n), int | float)]).encode())
    return digest.hexdigest()
