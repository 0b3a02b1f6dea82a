"""Finding backends: by name, by what is installed, by an array."""

from __future__ import annotations

from typing import Any

from .protocol import Backend, BackendError

_loaded: dict[str, Backend] = {}
_namespaces: dict[type, Any] = {}


def get(name: str | Backend = "auto") -> Backend:
    """The backend called `name`: "cpu", "cuda", "cuda:1", "strict", or "auto".

    "auto" is the first CUDA device where one works, else the CPU. A backend is made once;
    asking again gives the same object.

    Raises:
        BackendError: the device cannot be used here; the message says why and what mends it.
        ValueError: there is no backend of that name.

    >>> get("cpu").name
    'cpu'
    """
    if isinstance(name, Backend):
        return name
    if not isinstance(name, str):
        raise TypeError(f"name: got {name!r}, wanted a string such as 'cpu', 'cuda' or 'auto'")
    key = "cuda:0" if name == "cuda" else str(name)
    if key == "auto":
        return get("cpu") if problem("cuda") else get("cuda")
    if key not in _loaded:
        _loaded[key] = _load(key)
    return _loaded[key]


def _load(key: str) -> Backend:
    kind, _, index = key.partition(":")
    if key == "cpu":
        from .cpu import CPU

        return CPU()
    if key == "strict":
        from .strict import Strict

        return Strict()
    if kind == "cuda" and index.isdecimal():
        from .cuda import CUDA

        return CUDA(int(index))
    raise ValueError(
        f"name: got {key!r}, wanted 'auto', 'cpu', 'cuda', 'cuda:N' (N a number) or 'strict'"
    )


def problem(name: str) -> str | None:
    """Why the backend `name` cannot be used here, or None when it can."""
    try:
        get(name)
    except BackendError as error:
        return str(error)
    return None


def explain(name: str = "auto") -> str:
    """The device that `get(name)` gives and, for "auto", why, in one line.

    >>> explain("cpu").startswith("cpu (")
    True
    """
    backend = get(name)
    said = f"{backend.name} ({backend.describe()})"
    if name != "auto":
        return said
    trouble = problem("cuda")
    if trouble is None:
        return f"{said}, since CUDA works here"
    reason = trouble.removeprefix("cuda:0").lstrip(": ").partition(";")[0]
    return f"{said}; no CUDA: {reason}"


def available() -> list[str]:
    """The names of the devices that work here, "cpu" first.

    >>> available()[0]
    'cpu'
    """
    names = ["cpu"]
    if problem("cuda") is None:
        from .cuda import count

        names += [f"cuda:{i}" for i in range(count())]
    return names


def of(array: Any) -> Backend:
    """The backend an array belongs to.

    >>> import numpy as np
    >>> of(np.zeros(3)).name
    'cpu'
    """
    kind = type(array)
    root = kind.__module__.partition(".")[0]
    if root == "backends":  # a recorded array: where the one inside belongs
        return of(array.array)
    if root == "numpy":
        return get("cpu")
    if root == "cupy":
        return get(f"cuda:{array.device.id}")
    if root == "array_api_strict":
        return get("strict")
    import numpy as np

    if isinstance(array, np.ndarray):  # a subclass from elsewhere, such as a memory map
        return get("cpu")
    raise TypeError(
        f"array: got a {kind.__module__}.{kind.__name__}, "
        "wanted an array of NumPy, CuPy or array-api-strict"
    )


def namespace(array: Any) -> Any:
    """The Array API namespace of a bare array (its functions work on that library's arrays)."""
    kind = type(array)
    try:
        return _namespaces[kind]
    except KeyError:
        xp = of(array).xp
        if kind.__module__.partition(".")[0] == "backends":  # recorded ones are of any library
            return xp
        _namespaces[kind] = xp = getattr(xp, "unnoted", xp)
        return xp
