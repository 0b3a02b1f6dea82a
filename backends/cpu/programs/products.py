"""Matrix products in parts that give the bits of the whole.

OpenBLAS adds up a long sum in stretches, and cuts it otherwise with two threads than with one. So
a product is cut here as OpenBLAS would, and used only if it gave NumPy's bits on random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..threads import one_each
from .calls import Part, Row
from .kernels import address, function
from .memory import WHOLE, Matrix, Pair, Split, shares

WORK = 1 << 17
"""Multiplications in a part, at least: some microseconds."""
WIDTH = 32
"""Columns in a part, at least."""
STRETCHES = (0, 192, 256, 320, 352, 384, 448, 512, 640, 768)
"""How many products OpenBLAS's kernels add up at a time (0: all), by the processor."""


class Product(NamedTuple):
    """out <- a b, each thread its share of out."""

    a: Matrix
    b: Matrix
    out: Matrix

    def split(self, threads: int, made: Split | None) -> Split:
        """How to share it, where the rows of a were made by threads in this way."""
        m, n, k = self.out.rows, self.out.columns, self.a.columns
        parts = min(threads, m * n * k // WORK)
        if parts < 2 or k == 1:
            return WHOLE
        if made == ("rows", parts):
            return made
        if n >= WIDTH * parts:
            return "columns", parts
        return ("rows", parts) if m >= WIDTH * parts else WHOLE

    def rows(self, split: Split, how: tuple[str, int]) -> list[Row]:
        """The calls, by the function of BLAS and the length of a stretch."""
        name, stretch = how
        light = self.out.rows * self.out.columns * self.a.columns < 2 * WORK
        made: list[Row] = []
        for start, stop in _stretches(self.a.columns, stretch):
            row: Row = []
            for (r0, r1), (c0, c1) in shares(self.out.rows, self.out.columns, split):
                if r0 == r1 or c0 == c1:
                    row.append(None)
                    continue
                words = _WORDS[name](self, (r0, r1), (c0, c1), (start, stop))
                out = self.out.region((r0, r1), (c0, c1))
                reads = (self.a.region((r0, r1)), self.b.region(None, (c0, c1)))
                row.append(Part(address(name, self.out.dtype.name), words, reads, (out,), light))
            made.append(row)
        return made

    def ways(self) -> Iterator[tuple[str, int]]:
        """What may give the bits of NumPy's product, the likeliest first."""
        m, n, k = self.out.rows, self.out.columns, self.a.columns
        if k == 1:
            yield "outer", 0
        elif m == n == 1:
            yield "dot", 0
        elif m == 1 or n == 1:
            yield "gemv", 0
        for stretch in STRETCHES:
            if stretch < k:
                yield "gemm", stretch


def _stretches(n: int, most: int) -> Iterator[Pair]:
    """A sum of n products as OpenBLAS's threads cut it."""
    start = 0
    while start < n:
        left = length = n - start
        if most and left > most:
            length = most if left >= 2 * most else -(-left // 2)
        yield start, start + length
        start += length


def _transposed(m: Matrix) -> tuple[int, int]:
    """How BLAS is told where a matrix's elements are: (112 if transposed else 111, its pitch)."""
    return (111, max(m.down, m.columns)) if m.in_rows else (112, max(m.along, m.rows))


def _gemm(p: Product, rows: Pair, columns: Pair, k: Pair) -> tuple[Any, ...]:
    (ta, lda), (tb, ldb), (_, ldc) = map(_transposed, p)
    return (
        function("gemm", p.out.dtype), ta, tb, rows[1] - rows[0], columns[1] - columns[0],
        k[1] - k[0], p.a.at(rows[0], k[0]), lda, p.b.at(k[0], columns[0]), ldb,
        int(k[0] > 0), p.out.at(rows[0], columns[0]), ldc,
    )  # fmt: skip


def _gemv(p: Product, rows: Pair, columns: Pair, k: Pair) -> tuple[Any, ...]:
    """Of a row and a matrix, the matrix's transpose and a column; else it is that already."""
    if p.out.rows == 1:
        return _gemv(Product(p.b.T, p.a.T, p.out.T), columns, rows, k)
    (trans, pitch), length = _transposed(p.a), p.a.columns
    m, n = (rows[1] - rows[0], length)
    if trans == 112:
        m, n = n, m
    return (
        function("gemv", p.out.dtype), trans, m, n, p.a.at(rows[0]), pitch,
        p.b.at(), max(p.b.down, 1), p.out.at(rows[0]), max(p.out.down, 1),
    )  # fmt: skip


def _dot(p: Product, rows: Pair, columns: Pair, k: Pair) -> tuple[Any, ...]:
    return (
        function("dot", p.out.dtype), p.a.columns, p.a.at(), p.a.along, p.b.at(), p.b.down,
        p.out.at(),
    )  # fmt: skip


def _outer(p: Product, rows: Pair, columns: Pair, k: Pair) -> tuple[Any, ...]:
    size = p.out.dtype.itemsize
    return (
        rows[1] - rows[0], columns[1] - columns[0], p.a.at(rows[0]), p.a.down * size,
        p.b.at(0, columns[0]), p.out.at(rows[0], columns[0]), p.out.down * size,
    )  # fmt: skip


_WORDS: dict[str, Any] = {"gemm": _gemm, "gemv": _gemv, "dot": _dot, "outer": _outer}


def agreeing(
    product: Product, split: Split, want: Callable[..., Any], run: Callable[[list[Row]], None]
) -> tuple[str, int] | None:
    """The way to make a product that gives the bits of `want`, a function of (a, b, out); None
    where there is none."""
    m, n = product.out.rows, product.out.columns
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(1 if m * n > 64 else 8):
        a, b, out = (_alike(x, rng) for x in product)
        want(_seen(a, product.a), _seen(b, product.b), _seen(out, product.out))
        trials.append((a, b, out))
    for way in product.ways():
        if way[0] == "outer" and not product.b.in_rows:
            continue
        with one_each:
            for a, b, out in trials:
                got = np.empty_like(out)
                held = [
                    x._replace(kind="held", address=buffer.ctypes.data)
                    for x, buffer in zip(product, (a, b, got), strict=True)
                ]
                run(Product(*held).rows(split, way))
                bits = f"u{got.itemsize}"
                mine, its = _seen(got, product.out), _seen(out, product.out)
                if not np.array_equal(mine.copy().view(bits), its.copy().view(bits)):
                    break
            else:
                return way
    return None


def _alike(m: Matrix, rng: Any) -> Any:
    """Memory for a matrix laid out likewise, with zeros of both signs among its numbers."""
    size = (m.rows - 1) * m.down + (m.columns - 1) * m.along + 1
    a = rng.standard_normal(size, m.dtype)
    a[rng.integers(0, size, size // 16)] = -0.0
    return a


def _seen(memory: Any, m: Matrix) -> Any:
    """The matrix in such memory."""
    size = memory.itemsize
    return np.lib.stride_tricks.as_strided(
        memory, (m.rows, m.columns), (m.down * size, m.along * size)
    )
