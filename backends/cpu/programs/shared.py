"""Functions whose kernel does some items of many: rows of a batch, or heads; a share for each
thread.

A form is tried when arrays laid out so first come: used if it gave the bits of the NumPy function
on random numbers. What it is not written for goes to that function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product, starmap
from typing import Any, NamedTuple

import numpy as np

from ..compiled import ufuncs
from ..threads import LINES
from . import kernels, machine, team
from .products import STRETCHES, WORK

Array = Any
_FEW = 5
"""How much of the first of three axes or more a trial has, at most: steps, or samples."""
_FACTORS = (1.0, 8.0)
"""Of the numbers in a trial: of larger ones, other ways may be taken."""


class Call(NamedTuple):
    """What a kernel is to do.

    Its arguments are the address of BLAS's product, for each of `loops` two words, `sizes`, the
    first item and how many, the stretch of a sum, `words`, scratch memory, and space for loops.

    Attributes:
        kernel: its name.
        loops: NumPy's functions that it calls.
        sizes: numbers.
        items: how many there are in all.
        work: multiplications in all.
        summed: the longest of the products' sums.
        words: arrays, and numbers.
        scratch: how many numbers of scratch memory so many items need.
        results: what the function returns.
        fewest: items that are worth another thread.
        multiples: what the first item of a thread may have to be a multiple of, to be tried.
    """

    kernel: str
    loops: tuple[str, ...]
    sizes: tuple[int, ...]
    items: int
    work: int
    summed: int
    words: list[Any]
    scratch: Callable[[int], int]
    results: tuple[Array, ...]
    fewest: int = 1
    multiples: tuple[int, ...] = (1,)

    @property
    def threads(self) -> int:
        """How many threads there is work for."""
        return max(min(team.hands(), self.work // WORK, self.items // self.fewest), 1)


class _How(NamedTuple):
    """How it is done: the length of the stretches of a sum (0: one), and what the first item of a
    thread is a multiple of."""

    stretch: int
    multiple: int


class Shared:
    """The form of a function; `describe` says what a kernel of a file is to do, or None where
    there is none for these arrays."""

    def __init__(
        self, function: Callable[..., Any], file: str, names: Sequence[str],
        describe: Callable[..., Call | None],
    ) -> None:  # fmt: skip
        self.plain, self.file, self.names, self._describe = function, file, names, describe
        self._known: dict[Any, _How | None] = {}

    def __call__(self, *args: Array | None, **numbers: Any) -> tuple[Array, ...]:
        key = team.hands(), *numbers.items(), *map(_layout, args)
        if key not in self._known:
            self._known[key] = self._tried(args, numbers)
        how = self._known[key]
        call = None if how is None else self._describe(*args, **numbers)
        if call is None or how is None:
            out: tuple[Array, ...] = self.plain(*args, **numbers)
            return out
        self._run(call, how)
        return call.results

    def prepare(self, dtype: str) -> None:
        """Compile what is likely to be needed."""
        for name in self.names:
            kernels.copied(self.file, name, dtype)

    def _tried(self, args: Sequence[Array | None], numbers: dict[str, Any]) -> _How | None:
        """The way that gives the bits of the plain function; None where there is none."""
        dtypes = {a.dtype for a in args if a is not None} - {np.dtype(bool)}
        if not kernels.available() or len(dtypes) != 1:
            return None
        rng = np.random.default_rng(0)
        ways = None
        for factor in _FACTORS:
            trial = [_alike(a, rng, factor) for a in args]
            call = self._describe(*trial, **numbers)
            if call is None or self._describe(*args, **numbers) is None:
                return None
            if None in (ufuncs.loop(name, call.results[0].dtype.name) for name in call.loops):
                return None
            if ways is None:
                multiples = call.multiples if call.threads > 1 else call.multiples[:1]
                stretches = [s for s in STRETCHES if s < call.summed]
                ways = list(starmap(_How, product(stretches, multiples)))
            with np.errstate(all="ignore"):
                wanted = self.plain(*trial, **numbers)
            ways = [how for how in ways if self._gives(wanted, call, how)]
        return ways[0] if ways else None

    def _gives(self, wanted: Sequence[Array], call: Call, how: _How) -> bool:
        self._run(call, how)
        return all(_same(x, y) for x, y in zip(call.results, wanted, strict=True))

    def _run(self, call: Call, how: _How) -> None:
        dtype = call.results[0].dtype
        kernel = kernels.address(call.kernel, dtype.name, self.file)
        given = [a.ctypes.data if isinstance(a, np.ndarray) else a for a in call.words]
        loops = [word for name in call.loops for word in ufuncs.loop(name, dtype.name) or ()]
        threads, each = call.threads, how.multiple
        starts = [call.items * i // threads // each * each for i in range(threads)]
        shares = list(pairwise([*dict.fromkeys(starts), call.items]))
        scratch = [np.empty(call.scratch(stop - start) + LINES, dtype) for start, stop in shares]
        memory = np.array([
            (kernels.function("gemm", dtype), *loops, *call.sizes, start, stop - start, how.stretch,
             *given, own.ctypes.data, *[0] * (ufuncs.SPACE + LINES // 8))
            for (start, stop), own in zip(shares, scratch, strict=True)
        ])  # fmt: skip
        calls = np.zeros((2, len(shares), 2), np.int64)
        calls[0, :, 0], calls[1, :, 0] = kernel, machine.BARRIER
        calls[0, :, 1] = memory.ctypes.data + memory.strides[0] * np.arange(len(shares))
        team.work(calls)


def _layout(a: Array | None) -> Any:
    """What matters of an array for the bits of products; not how many steps there are, if many."""
    if a is None:
        return None
    if a.ndim > 2:
        return a.dtype, min(len(a), _FEW), a.shape[1:]
    return a.dtype, a.shape, a.strides


def _alike(a: Array | None, rng: Any, factor: float) -> Array | None:
    """Random numbers in memory laid out likewise, fewer if it has three axes or more."""
    if a is None:
        return None
    shape = (min(len(a), _FEW), *a.shape[1:]) if a.ndim > 2 else a.shape
    axes = sorted(range(a.ndim), key=lambda i: -a.strides[i])
    shape = tuple(shape[i] for i in axes)
    if a.dtype == np.bool_:
        made = rng.random(shape) < 0.5
    else:
        made = rng.standard_normal(shape, a.dtype)
        made *= factor
    return made.transpose(np.argsort(axes))


def _same(x: Array, y: Array) -> bool:
    a, b = (np.ascontiguousarray(v).view(f"u{v.itemsize}") for v in (x, y))
    return bool(((a == b) | ((x != x) & (y != y))).all())


def in_order(*arrays: Array | None) -> bool:
    """Whether each lies in one piece in the order of its axes."""
    return all(a is None or (a.flags.c_contiguous and a.flags.aligned) for a in arrays)


def in_rows(*arrays: Array | None) -> bool:
    """Whether each row along the last axis lies in one piece."""
    there = [a for a in arrays if a is not None]
    whole = all(a.flags.aligned and not any(s % a.itemsize for s in a.strides) for a in there)
    return whole and all(a.strides[-1] == a.itemsize for a in there)
