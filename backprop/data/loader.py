"""Batches: one permutation an epoch, one gather a batch, the data on the device where they fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np

import backends

from ..defaults import as_dtype, backend_for, default_generator, native
from ..tensor import Tensor
from .dataset import Dataset, Rows, gather, on_disk

FRACTION = 0.5
"""The data stay on the device when they take at most this part of its free memory."""

STREAM = 2
"""The generator's stream for shuffling: independent of those of initialisation and splits."""


def fits(nbytes: int, backend: backends.Backend) -> bool:
    """Whether so many bytes take at most `FRACTION` of what is free on the device.

    A device that does not tell its memory is taken to have enough.

    >>> fits(1000, backends.get("cpu"))
    True
    """
    memory = backend.memory()
    if memory.total is None:
        return True
    return nbytes <= FRACTION * (memory.total - (memory.used or 0))


class DataLoader:
    """Iterating gives one epoch of batches (x, y), Tensors on the device.

    A data set that fits on the device (see `fits`) is put there once; then a shuffled batch is one
    gather by the epoch's permutation, and an unshuffled one a view of the data (so it must not be
    changed in place). Data that do not fit, and memory maps too large for the memory, stream: each
    batch is gathered on the host and moved. Both give the same batches.

    Args:
        data: a Dataset, or a pair (x, y) of arrays or Tensors with as many rows.
        batch_size: rows in a batch; None, or as many as there are rows or more: the full batch;
            1: descent on one sample, drawn without replacement.
        shuffle: a new order each epoch.
        drop_last: leave out the last batch of an epoch where it is short.
        device: where the batches are to be; None: where the data are, or the default device.
        generator: draws the orders; None: one of its own, from `seed`.
        seed: of its own generator; None: the seed `backprop.manual_seed` was given.
        dtype: of x and of floating-point y; None: as they are.
        transform: called with each batch's x (a Tensor on the device, in `dtype`), returns the x
            to use: bytes stay bytes on the device, and are scaled a batch at a time.

    Shape: x (B, ...), y (B,) or (B, T), with B = batch_size but in a short last batch.

    Raises:
        ValueError: batch_size is not positive, there are no rows, x and y differ in length, ...

    >>> loader = DataLoader((np.arange(10.0)[:, None], np.arange(10)), batch_size=4)
    >>> [y.tolist() for x, y in loader]
    [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    >>> len(loader)
    3
    """

    def __init__(
        self,
        data: Any,
        batch_size: int | None = 32,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        device: Any = None,
        generator: backends.Generator | None = None,
        seed: int | None = None,
        dtype: Any = None,
        transform: Callable[[Tensor], Any] | None = None,
    ) -> None:
        x, y = _pair(data)
        self.rows = int(x.shape[0])
        self.batch_size = _size(batch_size, self.rows)
        self.shuffle, self.drop_last, self.transform = shuffle, drop_last, transform
        home = None if isinstance(x, Rows) else backends.of(x)
        if device is None and home is not None and home.name != "cpu":
            self.backend = home
        else:
            self.backend = backend_for(device)
        self.dtype = None if dtype is None else as_dtype(dtype)
        if generator is not None and seed is not None:
            raise ValueError("seed: got a generator and a seed, wanted one of them")
        if generator is None:
            seed = default_generator().seed if seed is None else seed
            generator = backends.Generator(seed).spawn(STREAM)
        self.generator = generator
        self._skip = 0  # batches of the next epoch that were given before a resume
        self._given = 0
        self._start: dict[str, int] | None = None  # the generator when the epoch in work began
        self._place(x, y)

    def _place(self, x: Any, y: Any) -> None:
        """Put the data on the device, or keep them on the host to stream."""
        here = self.backend
        if not isinstance(x, Rows) and backends.of(x) is not here:
            x = backends.of(x).to_host(x)
        if backends.of(y) is not here:
            y = backends.of(y).to_host(y)
        casts = self.dtype not in (None, as_dtype(x.dtype)) and self.transform is None
        width = self.dtype.itemsize if casts and self.dtype else as_dtype(x.dtype).itemsize
        count = math.prod(x.shape)
        moves = on_disk(x) or (isinstance(x, np.ndarray) and here.name != "cpu") or casts
        needed = count * width + math.prod(y.shape) * 8
        self.streams = bool(moves and (isinstance(x, np.ndarray | Rows)) and not fits(needed, here))
        if self.streams:
            self.x, self.y = x, backends.of(y).to_host(y)
            return
        if isinstance(x, np.ndarray | Rows):
            host = np.asarray(x) if isinstance(x, np.ndarray) else x[:]
            if casts and self.dtype is not None and self.dtype.itemsize < host.dtype.itemsize:
                host = host.astype(self.dtype)
            x = here.from_host(host)
        if isinstance(y, np.ndarray):
            y = here.from_host(y)
        with here.on_device():
            self.x = self._cast(x) if casts else x
            self.y = self._cast_y(y)

    def _cast(self, array: Any) -> Any:
        wanted = native(self.dtype, self.backend)
        if wanted is None or array.dtype == wanted:
            return array
        return self.backend.xp.astype(array, wanted)

    def _cast_y(self, y: Any) -> Any:
        return self._cast(y) if as_dtype(y.dtype).kind == "f" else y

    def __len__(self) -> int:
        """How many batches an epoch has."""
        if self.drop_last:
            return self.rows // self.batch_size
        return -(-self.rows // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        start = dict(self.generator.get_state())
        order = self._order() if self.shuffle else None
        first, self._skip = self._skip, 0
        self._start, self._given = start, first
        batch = self._streamed if self.streams else self._resident
        around = self.backend.on_device if self.backend.asynchronous else nullcontext
        for i in range(first, len(self)):
            low = i * self.batch_size
            with around():
                pair = batch(order, low, min(low + self.batch_size, self.rows))
            self._given = i + 1
            if i + 1 == len(self):
                self._start, self._given = None, 0
            yield pair

    def _order(self) -> Any:
        order = self.generator.permutation(self.rows, self.backend)
        return self.backend.to_host(order) if self.streams else order

    def _resident(self, order: Any, low: int, high: int) -> tuple[Tensor, Tensor]:
        if order is None:
            x, y = self.x[low:high, ...], self.y[low:high, ...]
        else:
            index, take = order[low:high], self.backend.xp.take
            x, y = take(self.x, index, axis=0), take(self.y, index, axis=0)
        return self._finish(x), Tensor(y)

    def _streamed(self, order: Any, low: int, high: int) -> tuple[Tensor, Tensor]:
        if order is None:
            x, y = np.array(self.x[low:high]), self.y[low:high]
        else:
            index = order[low:high]
            x = self.x[index] if isinstance(self.x, Rows) else gather(self.x, index)
            y = self.y[index]
        if self.dtype is not None and self.dtype.itemsize < x.dtype.itemsize:
            x = x.astype(self.dtype)  # on the host: fewer bytes to move
        backend = self.backend
        return self._finish(backend.from_host(x)), Tensor(self._cast_y(backend.from_host(y)))

    def _finish(self, x: Any) -> Tensor:
        if self.dtype is not None:
            x = self._cast(x)
        out = Tensor(x)
        if self.transform is not None:
            out = self.transform(out)
            out = out if isinstance(out, Tensor) else Tensor(out)
        return out

    def get_state(self) -> dict[str, int]:
        """A few integers to go on from: asked for within an epoch, after the batch given last.

        After `set_state` on a loader of the same data, the next iteration gives the rest of that
        epoch (or the next epoch, where it was over), and all later epochs are the same too.
        """
        state = self.generator.get_state() if self._start is None else self._start
        batch = self._given if self._start is not None else self._skip
        return {**state, "batch": batch}

    def set_state(self, state: dict[str, int]) -> None:
        """Go on where `get_state` was taken."""
        wanted = {*self.generator.get_state(), "batch"}
        if not isinstance(state, dict) or wanted != set(state):
            raise ValueError(
                f"state: got {state!r}, wanted what get_state returns: {', '.join(sorted(wanted))}"
            )
        batch = state["batch"]
        if not 0 <= batch <= len(self):
            raise ValueError(
                f"state: got batch {batch}, wanted 0 to {len(self)}; is it of a loader with the "
                "same data and batch size?"
            )
        self.generator.set_state({k: v for k, v in state.items() if k != "batch"})
        self._start, self._given, self._skip = None, 0, batch

    def __repr__(self) -> str:
        how = "streamed" if self.streams else "resident"
        return (
            f"<DataLoader: {self.rows} rows, {len(self)} batches of {self.batch_size}, {how} on "
            f"{self.backend.name}>"
        )


def _size(batch_size: Any, rows: int) -> int:
    if batch_size is None:
        return rows
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)):
        raise TypeError(
            f"batch_size: got {batch_size!r}, wanted a whole number, or None for the full batch"
        )
    if batch_size < 1:
        raise ValueError(
            f"batch_size: got {batch_size}, wanted at least 1, or None for the full batch"
        )
    return min(int(batch_size), rows)


def _pair(data: Any) -> tuple[Any, Any]:
    if isinstance(data, Dataset):
        return data.x, data.y
    if not isinstance(data, (tuple, list)) or len(data) != 2 or data[1] is None:
        got = f"{len(data)} of them" if isinstance(data, (tuple, list)) else type(data).__name__
        got = "None for y" if got == "2 of them" else got
        raise TypeError(f"data: got {got}, wanted a Dataset or a pair (x, y) of arrays")
    x, y = (_array(v, name) for v, name in zip(data, ("x", "y"), strict=True))
    if x.shape[0] != y.shape[0]:
        raise ValueError(
            f"y: got {y.shape[0]} rows beside {x.shape[0]} of x, wanted one target for each row"
        )
    if x.shape[0] == 0:
        raise ValueError("x: got 0 rows, wanted at least 1; the data set is empty")
    return x, y


def _array(value: Any, name: str) -> Any:
    if isinstance(value, Tensor):
        value = value.data
    if not isinstance(value, Rows):
        try:
            backends.of(value)
        except TypeError:
            value = np.asarray(value)
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "biufc":
            raise TypeError(f"{name}: got {value.dtype}, wanted an array of numbers")
    if not value.shape:
        raise ValueError(f"{name}: got a single number, wanted an array of rows")
    return value
