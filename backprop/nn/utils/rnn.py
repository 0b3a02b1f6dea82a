"""Sequences of different lengths: padded to one array, or packed without padding.

Packed, the first steps of all sequences come first, then the second steps of those that have one,
and so on, the longest sequence foremost: what a recurrent layer needs, step after step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from ... import rules
from ...tensor import Tensor, asarray
from ..functional._checks import integer

__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class PackedSequence(NamedTuple):
    """Sequences without padding; made by `pack_padded_sequence` and `pack_sequence`.

    Attributes:
        data: the elements (total number, ...), all first steps, then all second steps, ...
        batch_sizes: for each step how many sequences have it, whole numbers on the CPU.
        sorted_indices: for each sequence here, which one it was before sorting; None: all in order.
        unsorted_indices: the inverse: for each sequence before, where it is here.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def to(self, *args: Any) -> PackedSequence:
        """The same with its data on another device or of another dtype."""
        data = self.data
        for a in args:
            try:
                data = data.astype(a)
            except TypeError:
                data = data.to_device(a)
        return self._replace(data=data)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack sequences that are padded to one length.

    Args:
        input: (L, N, ...), or (N, L, ...) with batch_first.
        lengths: of the N sequences, whole numbers from 1 to L.
        enforce_sorted: they must be given longest first; else they are sorted.

    >>> import backprop as bp
    >>> x = bp.asarray([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]])
    >>> packed = pack_padded_sequence(x, [3, 1], batch_first=True)
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1.0, 4.0, 2.0, 3.0], [2, 1, 1])
    """
    where = "pack_padded_sequence"
    x = _tensor(where, "input", input, 2)
    x = _swapped(x) if batch_first else x
    steps, batch, *rest = x.shape
    listed = lengths.tolist() if hasattr(lengths, "tolist") else list(lengths)
    given = [integer(n) or 0 for n in listed]
    if len(given) != batch or not all(1 <= n <= steps for n in given):
        raise ValueError(
            f"{where}: lengths: got {listed}, wanted {batch} whole numbers from 1 to {steps}, one "
            "for each sequence"
        )
    order = sorted(range(batch), key=lambda n: -given[n])
    if enforce_sorted and any(a < b for a, b in pairwise(given)):
        raise ValueError(
            f"{where}: lengths: got {given}, wanted the longest first; sort the sequences, or pass "
            "enforce_sorted=False"
        )
    sizes = lengths_of(sorted(given, reverse=True))  # and the lengths are what it makes of those
    index = [t * batch + n for t, size in enumerate(sizes) for n in order[:size]]
    data = take_rows(rules.reshape(x, shape=(steps * batch, *rest)), index)
    if enforce_sorted:
        return PackedSequence(data, _whole(sizes))
    inverse = sorted(range(batch), key=order.__getitem__)
    return PackedSequence(data, _whole(sizes), _whole(order), _whole(inverse))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`: (the padded sequences, their lengths), in the first order.

    Args:
        sequence: what a recurrent layer returned, say.
        batch_first: (N, L, ...) instead of (L, N, ...).
        padding_value: what stands behind the ends.
        total_length: L, if it is to be more than the longest sequence.
    """
    where = "pad_packed_sequence"
    if not isinstance(sequence, PackedSequence):
        raise TypeError(
            f"{where}: sequence is a {type(sequence).__name__}, wanted a PackedSequence"
        )
    sizes = sequence.batch_sizes.tolist()
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            f"{where}: total_length: got {total_length}, wanted at least {len(sizes)}, the longest "
            "sequence"
        )
    lengths = lengths_of(sizes)
    places = range(len(lengths))
    if sequence.unsorted_indices is not None:
        places = sequence.unsorted_indices.tolist()
    starts = list(accumulate(sizes, initial=0))
    cells = [[(t, p) for p in places] for t in range(steps)]
    if batch_first:
        cells = [list(column) for column in zip(*cells, strict=True)]
    there = [[t < lengths[p] for t, p in row] for row in cells]
    index = [starts[t] + p if t < lengths[p] else 0 for row in cells for t, p in row]
    rest = sequence.data.shape[1:]
    shape = (len(cells), len(cells[0]) if cells else 0)
    out = rules.reshape(take_rows(sequence.data, index), shape=(*shape, *rest))
    mask = asarray(there, device=sequence.data.device)
    mask = rules.reshape(mask, shape=(*shape, *[1] * len(rest)))
    return rules.where(mask, out, padding_value), _whole([lengths[p] for p in places])


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (L_i, ...) in one array (L, N, ...), padded to the longest.

    Args:
        sequences: the Tensors, alike but for their lengths.
        batch_first: (N, L, ...) instead.
        padding_value: what stands beside the shorter ones.
        padding_side: "right", behind their ends, or "left".

    >>> import backprop as bp
    >>> pad_sequence([bp.ones(2), bp.ones(3)], batch_first=True).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    where = "pad_sequence"
    parts = _sequences(where, sequences)
    if padding_side not in ("left", "right"):
        raise ValueError(f"{where}: padding_side: got {padding_side!r}, wanted 'left' or 'right'")
    steps = max(p.shape[0] for p in parts)
    padded = []
    for p in parts:
        fill = rules.broadcast_to(
            asarray(padding_value, dtype=p.dtype, device=p.device),
            shape=(steps - p.shape[0], *p.shape[1:]),
        )
        padded.append(rules.concat(*((p, fill) if padding_side == "right" else (fill, p)), axis=0))
    return rules.stack(*padded, axis=0 if batch_first else 1)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L_i, ...); with enforce_sorted the longest must come first."""
    lengths = [p.shape[0] for p in _sequences("pack_sequence", sequences)]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Any, batch_first: bool = False
) -> list[Tensor]:  # fmt: skip
    """The sequences without their padding: undoes `pad_sequence`."""
    x = _tensor("unpad_sequence", "padded_sequences", padded_sequences, 2)
    each = rules.unstack(x, axis=0 if batch_first else 1)
    given = lengths.tolist() if hasattr(lengths, "tolist") else list(lengths)
    return [part[:n, ...] for part, n in zip(each, given, strict=True)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences, in their first order: undoes `pack_sequence`."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), True)


# ------------------------------------------------------------------- what recurrent layers use


def lengths_of(sizes: list[int]) -> list[int]:
    """Of the sequences, from how many have each step: the longest first."""
    lengths = [0] * (sizes[0] if sizes else 0)
    steps = len(sizes)
    for n in range(len(lengths)):
        while steps and sizes[steps - 1] <= n:
            steps -= 1
        lengths[n] = steps
    return lengths


def take_rows(x: Tensor, index: list[int]) -> Tensor:
    """x's elements of the first axis in this order."""
    return rules.take(x, _whole(index, x.device), axis=0)


def take_columns(x: Tensor, index: Tensor) -> Tensor:
    """x's elements of the second axis in this order."""
    return rules.take(x, index.to_device(x.device), axis=1)


def unpacked(sequence: PackedSequence) -> tuple[Tensor, list[int], list[int]]:
    """(the elements as (L, N, ...) with anything behind the ends, where in (L N) each of them is,
    the lengths); the sequences stay in their order."""
    sizes = sequence.batch_sizes.tolist()
    batch = sizes[0] if sizes else 0
    index: list[int] = []
    places: list[int] = []
    start = 0
    for t, size in enumerate(sizes):
        index += [*range(start, start + size), *[0] * (batch - size)]
        places += range(t * batch, t * batch + size)
        start += size
    shape = (len(sizes), batch, *sequence.data.shape[1:])
    return rules.reshape(take_rows(sequence.data, index), shape=shape), places, lengths_of(sizes)


def turned(x: Tensor, lengths: list[int] | None) -> Tensor:
    """x (L, N, H) with each sequence from its end to its beginning; the padding stays behind."""
    if lengths is None:
        return x[::-1, ...]
    steps, batch, features = x.shape
    index = [(n - 1 - t if t < n else t) * batch + i for t in range(steps)
             for i, n in enumerate(lengths)]  # fmt: skip
    rows = take_rows(rules.reshape(x, shape=(steps * batch, features)), index)
    return rules.reshape(rows, shape=x.shape)


def _whole(numbers: list[int], device: Any = "cpu") -> Tensor:
    return asarray(numbers, dtype="int64", device=device)


def _swapped(x: Tensor) -> Tensor:
    return rules.permute_dims(x, axes=(1, 0, *range(2, x.ndim)))


def _tensor(where: str, name: str, x: Any, ndim: int) -> Tensor:
    if not isinstance(x, Tensor) or x.ndim < ndim:
        got = f"shape {x.shape}" if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"{where}: {name}: got {got}, wanted a Tensor of at least {ndim} axes")
    return x


def _sequences(where: str, sequences: Any) -> list[Tensor]:
    parts = list(sequences)
    if not parts:
        raise ValueError(f"{where}: sequences: got none, wanted at least one")
    for p in parts:
        _tensor(where, "sequences", p, 1)
        if p.shape[1:] != parts[0].shape[1:]:
            raise ValueError(
                f"{where}: sequences: got shapes {parts[0].shape} and {p.shape}, wanted them alike "
                "but for the first axis"
            )
    return parts
