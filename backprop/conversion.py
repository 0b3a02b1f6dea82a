"""What users hand to `asarray`, as bare arrays: numbers, nested lists of them, others' arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

import backends

from .defaults import as_dtype, backend_for, default_complex, get_default_dtype, int64
from .graph import Box


def bare(obj: Any, dtype: Any) -> tuple[Any, bool]:
    """What is to be made a Tensor as a bare array, and whether that is a new one."""
    if type(obj) in _PYTHONS:
        array, new = _numbers(obj, dtype), True
    elif type(obj) is np.ndarray:
        array, new = obj, False
    elif _is_other_librarys(obj):
        return obj, False
    elif isinstance(obj, np.ma.MaskedArray):
        raise TypeError("asarray: got a masked array, wanted values for all; see its .filled()")
    else:
        if isinstance(obj, bytes):  # which NumPy takes for text
            obj = memoryview(obj)
        keeps = _has_array(obj)
        array = np.asarray(obj) if keeps else _numbers(obj, dtype)
        new = not keeps or isinstance(obj, np.generic)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"asarray: got {type(obj).__name__} of {array.dtype}, wanted numbers")
    if not array.dtype.isnative:  # as some file formats store them
        return array.astype(array.dtype.newbyteorder("=")), True
    return array, new


_PYTHONS = frozenset({bool, int, float, complex, list, tuple})


def _is_other_librarys(obj: Any) -> bool:
    """Whether it is an array of one of our libraries that is not NumPy."""
    if isinstance(obj, (np.ndarray, np.generic)):
        return False
    try:
        backends.of(obj)
    except TypeError:
        return False
    return True


def _has_array(obj: Any) -> bool:
    """Whether there is an array in it, with a dtype of its own."""
    if hasattr(obj, "__array__") or hasattr(obj, "__array_interface__"):
        return True
    try:
        memoryview(obj)
    except TypeError:
        return False
    return True


def _numbers(obj: Any, dtype: Any) -> np.ndarray:
    """Python's numbers, in nested sequences or alone, in this dtype or that of their kind."""
    inside: list[Box] = []
    if isinstance(obj, (list, tuple)) and _has_tensors(obj):
        obj = _as_numpy(obj, inside)
    try:
        array = np.asarray(obj)
    except ValueError as error:
        raise ValueError(f"asarray: got rows of different lengths ({error})") from error
    wanted = None if dtype is None else as_dtype(dtype)
    kind = array.dtype.kind
    rounded = kind == "f" and array.size and array.ndim and np.abs(array).max() >= 2.0**63
    if kind == "O" or rounded:  # NumPy may have rounded integers that int64 does not hold
        every = np.asarray(obj, dtype=object)
        if all(isinstance(v, int) for v in every.flat):
            array, kind = every, "i"
    if kind not in "biufc":
        return array
    if wanted is None and kind in "iu":
        wanted = int64
    elif wanted is None and kind in "fc":
        wanted = get_default_dtype() if kind == "f" else default_complex()
        dtypes = [as_dtype(t.data.dtype) for t in inside]
        floats = [d for d in dtypes if d.kind in "fc"]
        if floats:
            wanted = np.result_type(*floats, array.dtype.type(0).item())
    if wanted is None or wanted == array.dtype:
        return array
    if kind in "iu" and wanted.kind in "iu" and array.size:
        limits = np.iinfo(wanted)
        if array.min() < limits.min or array.max() > limits.max:
            raise OverflowError(f"asarray: got integers too large or too small for {wanted}")
    if kind == "c" and wanted.kind not in "cb":
        raise TypeError(f"asarray: got complex numbers, wanted real ones for {wanted}")
    return array.astype(wanted)


def _has_tensors(obj: Any) -> bool:
    """Whether there are Tensors in a list, or in the first of the lists in it."""
    if any(issubclass(kind, Box) for kind in set(map(type, obj))):
        return True
    return bool(obj) and isinstance(obj[0], (list, tuple)) and _has_tensors(obj[0])


def _as_numpy(obj: Any, found: list[Box]) -> Any:
    """Nested lists with NumPy's arrays for Tensors, which are noted."""
    if isinstance(obj, (list, tuple)):
        return [_as_numpy(v, found) for v in obj]
    if not isinstance(obj, Box):
        return obj
    if obj.node is not None:
        raise ValueError(
            "asarray: got Tensors that require a gradient, which a copy would cut off; "
            "join them with backprop.stack, or detach them"
        )
    found.append(obj)
    return np.asarray(backends.of(obj.data).to_host(obj.data))


def home(array: Any, device: Any) -> backends.Backend:
    """Where a bare array belongs, if the `device=` argument was this."""
    here = backends.of(array)
    if device is None and here.name != "cpu":
        return here
    return backend_for(device)


def cast(array: Any, wanted: Any, backend: backends.Backend, copy: bool | None) -> Any:
    """A bare array in one of its library's dtypes, as `asarray` promises."""
    if copy is False:
        raise ValueError(
            f"asarray: copy: got False, but casting {array.dtype} to {wanted} needs a copy"
        )
    if backends.is_complex(array.dtype) and not backends.is_complex(wanted):
        raise TypeError(f"asarray: got complex numbers, wanted real ones for {as_dtype(wanted)}")
    with backend.on_device():
        return backend.xp.astype(array, wanted)
