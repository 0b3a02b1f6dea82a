"""Which calls make a convolution: its images shared between threads, or its weight's rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import convolution as plain
from .. import transposed_convolution as turning
from ..threads import one_each
from .calls import Part, Row
from .kernels import address, function
from .memory import Matrix, Pair, Region, bounds, own
from .products import WORK

Ints = tuple[int, ...]


class Images(NamedTuple):
    """Images in memory, (images, channels, rows, columns), or what else has four axes.

    Attributes:
        matrix: all of the memory, an image a row.
        offset, strides: of the first element, and of each axis, in elements.
    """

    matrix: Matrix
    offset: int
    shape: Ints
    strides: Ints

    def part(self, rows: slice, columns: slice) -> Images:
        """The elements of some rows and columns."""
        each = [(s, *s.indices(n)) for s, n in zip((rows, columns), self.shape[2:], strict=True)]
        starts = [start for _, start, _, _ in each]
        shape = [len(range(*i)) for _, *i in each]
        steps = [step * of for (_, _, _, step), of in zip(each, self.strides[2:], strict=True)]
        offset = sum(a * s for a, s in zip(starts, self.strides[2:], strict=True))
        return Images(
            self.matrix, self.offset + offset, (*self.shape[:2], *shape),
            (*self.strides[:2], *steps),
        )  # fmt: skip

    def at(self) -> Any:
        size = self.matrix.dtype.itemsize
        return self.matrix._replace(address=self.matrix.address + self.offset * size).at()

    def region(self, images: Pair | None = None) -> Region:
        return self.matrix.region(images)


def images(matrix: Matrix | None, shape: Ints) -> Images | None:
    """An array of four axes that lies in the order of its axes; None if it does not."""
    if matrix is None or len(shape) != 4 or not matrix.in_rows or not math.prod(shape):
        return None
    if matrix.rows > 1 and matrix.down != matrix.columns:
        return None
    if matrix.rows * matrix.columns != math.prod(shape):
        return None
    each = math.prod(shape[1:])
    whole = matrix._replace(rows=shape[0], columns=each, down=each, along=1)
    return Images(whole, 0, shape, (each, shape[2] * shape[3], shape[3], 1))


class _Layout(NamedTuple):
    """How the images of a convolution are worked on.

    Attributes:
        size: how many images, or rows of one, are a block (see `convolution.extent`).
        parts: the images that eager code sums apart.
    """

    flat: plain.Flat
    kernel: Ints
    size: tuple[int, int]
    parts: list[slice]

    def blocks(self, chosen: Pair) -> Iterator[tuple[int, int, int, int, int]]:
        """(first image, images, first row, the one behind the last, part) of each."""
        (most, rows), high = self.size, self.flat.places[0]
        for of, part in enumerate(self.parts):
            for n in range(part.start, part.stop, most):
                if chosen[0] <= n < chosen[1]:
                    for h in range(0, high, rows):
                        yield n, min(most, part.stop - n), h, min(h + rows, high), of

    def shared(self, threads: int) -> list[Pair]:
        """The images each thread works on, block by block."""
        starts = [n for part in self.parts for n in range(part.start, part.stop, self.size[0])]
        cuts = [starts[len(starts) * i // threads] for i in range(threads)]
        return list(zip(cuts, [*cuts[1:], self.parts[-1].stop], strict=True))

    def numbers(self, blocks: Any, x: Images, out: Images, width: int) -> Any:
        """What `conv_kernels` knows of it."""
        channels, elements = x.shape[1], np.zeros(self.kernel, np.int64)
        phase, phases = channels * self.size[0] * self.flat.plane, []
        for p, f in enumerate(self.flat.phases):
            i, j = np.ogrid[: f.counts[0], : f.counts[1]]
            elements[f.kernel] = p * phase + f.start + i * f.steps[0] + j * f.steps[1]
            rows, columns = f.image
            phases.append((f.inner, *f.shape, rows.start, rows.step, columns.start, columns.step))
        blocks = list(blocks)
        header = [
            len(blocks), channels, out.shape[1], elements.size, self.size[0], self.flat.plane,
            self.flat.pitch[0], self.flat.places[1], width, len(phases), phase,
            *x.strides[:3], *out.strides,
        ]  # fmt: skip
        return np.array(
            [*header, *np.ravel(blocks), *elements.ravel(), *np.ravel(phases)], np.int64
        )


def _layout(
    x: Images, kernel: Ints, ways: Any, parts: Callable[[plain.Flat], list[slice]]
) -> _Layout | None:
    """The layout; None where eager code's parts have blocks of several sizes."""
    flat = plain.layout(x.shape[2:], kernel, *ways)
    cut = parts(flat)
    height = x.shape[1] * math.prod(kernel)
    sizes = {plain.extent(flat, p.stop - p.start, height, 1) for p in cut}
    return _Layout(flat, kernel, sizes.pop(), cut) if len(sizes) == 1 else None


class Convolutions(NamedTuple):
    """Makes the rows of convolutions.

    Attributes:
        kept: takes the arrays whose addresses are in the rows.
    """

    threads: int
    kept: list[Any]

    def _hands(self, work: int, most: int) -> int:
        return max(1, min(self.threads, work // (4 * WORK), most))

    def convolution(
        self, x: Images, weight: Images, bias: Matrix | None, out: Images, how: dict[str, Any]
    ) -> list[Row] | None:
        """As `convolution.conv_into`."""
        ways = how["stride"], how["padding"], how["dilation"]
        (outs, channels, *kernel), n = weight.shape, x.shape[0]

        def parts(flat: plain.Flat) -> list[slice]:
            return plain.parts(n, flat, channels, tuple(kernel), outs, 1)

        made = _layout(x, tuple(kernel), ways, parts)
        if made is None:
            return None
        return [self._convolve(x, weight.matrix, bias, out, made)]

    def _convolve(
        self, x: Images, matrix: Matrix, bias: Matrix | None, out: Images, how: _Layout
    ) -> Row:
        """One convolution; the weights lie out by out."""
        dtype, outs, height = x.matrix.dtype, out.shape[1], x.shape[1] * math.prod(how.kernel)
        starts = sum(-(-(p.stop - p.start) // how.size[0]) for p in how.parts)
        threads = self._hands(math.prod(out.shape) * height, starts)
        width = how.size[0] * how.flat.run(how.size[1])
        padded = len(how.flat.phases) * x.shape[1] * how.size[0] * how.flat.plane
        whole = Matrix(matrix.kind, matrix.address, outs, height, height, 1, dtype)
        row: Row = []
        start = 0
        for chosen in how.shared(threads):
            numbers = how.numbers(how.blocks(chosen), x, out, width)
            self.kept.append(numbers)
            places, mine = own(start, dtype, (padded, height * width, outs * width))
            start = mine.stop
            words = (
                function("gemm", dtype), x.at(), numbers.ctypes.data, *places, out.at(), padded,
                outs * width, whole.at(), 0 if bias is None else bias.at(),
                0 if bias is None else outs,
            )  # fmt: skip
            reads = [x.region(chosen), whole.region()]
            if bias is not None:
                reads.append(bias.region())
            writes = (out.region(chosen), mine)
            row.append(
                Part(
                    address("convolve", dtype.name, "conv_kernels"),
                    words,
                    tuple(reads),
                    writes,
                    False,
                )
            )
        return row

    def transposed(
        self, g: Images, weight: Images, out: Images, how: dict[str, Any]
    ) -> list[Row] | None:
        """As `transposed_convolution.transpose_into`."""
        stride, size = how["stride"], how["size"]
        _, each, *kernel = weight.shape
        if not turning.covered(tuple(kernel), stride, how["dilation"]):
            return None
        parts = turning.transposed_parts(g.shape[0], weight.shape, each, size, stride)
        rows: list[Row] = []
        for sources in turning.phases_of(
            g.shape[2:], tuple(kernel), stride, how["padding"], how["dilation"], size
        ):
            seen, inside, elements, pads, steps = zip(*sources, strict=True)
            values, chosen, into = g.part(*inside), weight.part(*elements), out.part(*seen)
            if not all(map(math.prod, (values.shape, chosen.shape, into.shape))):
                return None
            turned, row = self._reordered(chosen)
            made = _layout(values, chosen.shape[2:], ((1, 1), pads, steps), lambda flat: parts)
            if made is None or made.flat.places != into.shape[2:]:
                return None
            rows += [row, self._convolve(values, turned, None, into, made)]
        return rows

    def _reordered(self, weight: Images) -> tuple[Matrix, Row]:
        """Weights of a transposed convolution, (ins, outs, rows, columns), out by out."""
        dtype = weight.matrix.dtype
        ins, outs, *kernel = weight.shape
        memory = np.zeros(math.prod(weight.shape), dtype)
        self.kept.append(memory)
        n = len(memory) // outs
        to = Matrix("held", memory.ctypes.data, outs, n, n, 1, dtype)
        of = [weight.strides[i] * dtype.itemsize for i in (1, 0, 2, 3)]
        words = (weight.at(), to.at(), outs, ins, *kernel, *of)
        part = Part(
            address("reorder", dtype.name, "conv_kernels"),
            words,
            (weight.region(),),
            (to.region(),),
        )
        return to, [part]

    def of_weight(
        self, x: Images, g: Images, out: Images, how: dict[str, Any], turned: bool = False,
        apart: bool = False,
    ) -> list[Row] | None:  # fmt: skip
        """As `convolution.conv_weight`: each thread some of the columns' rows.

        Args:
            apart: whether each thread has one of the parts that eager code sums apart instead.
            turned: whether values lie place by place, which takes longer, but is how NumPy's
                product gets them.
        """
        ways = how["stride"], how["padding"], how["dilation"]
        kernel, (n, channels), outs = how["kernel"], x.shape[:2], g.shape[1]

        def parts(flat: plain.Flat) -> list[slice]:
            return plain.parts(n, flat, channels, kernel, outs, 1)

        made = _layout(x, kernel, ways, parts)
        if made is None or outs == 1:
            return None
        dtype, height = x.matrix.dtype, channels * math.prod(kernel)
        threads = self._hands(math.prod(g.shape) * height, height)
        if apart and not 1 < len(made.parts) <= threads:
            return None
        width = made.size[0] * made.flat.run(made.size[1])
        padded = len(made.flat.phases) * channels * made.size[0] * made.flat.plane
        whole = out.matrix._replace(rows=outs, columns=height, down=height, along=1)
        if apart:
            shares = [((0, height), (p.start, p.stop)) for p in made.parts]
        else:
            shares = [(rows, (0, n)) for rows in bounds(height, threads)]
        row: Row = []
        sums: list[tuple[Any, Region]] = []
        start = 0
        for (low, high), chosen in shares:
            if low == high:
                row.append(None)
                continue
            numbers = made.numbers(made.blocks(chosen), x, g, width)
            self.kept.append(numbers)
            m = (high - low) * outs
            sizes = (padded, (high - low) * width, outs * width, m, m, 0 if apart else m)
            (*places, new, total, every), mine = own(start, dtype, sizes)
            every = total if apart else every
            start = mine.stop
            words = (
                function("gemm", dtype), x.at(), numbers.ctypes.data, *places,
                0 if apart else whole.at(), padded, outs * width, g.at(), low, high, new, total,
                every, int(turned),
            )  # fmt: skip
            writes = (mine,) if apart else (whole.region(None, (low, high)), mine)
            reads = (x.region(chosen), g.region(chosen))
            sums.append((every, mine))
            row.append(
                Part(address("weigh", dtype.name, "conv_kernels"), words, reads, writes, False)
            )
        return [row, self._totals(sums, whole, threads)] if apart else [row]

    def _totals(self, sums: list[tuple[Any, Region]], out: Matrix, threads: int) -> Row:
        """The sums of parts, added in their order."""
        outs, height = out.rows, out.columns
        kernel = address("total", out.dtype.name, "conv_kernels")
        places, reads = zip(*sums, strict=True)
        row: Row = []
        for low, high in bounds(height, threads):
            words = (len(sums), outs, height, low, high, out.at(), *places)
            writes = (out.region(None, (low, high)),)
            row.append(None if low == high else Part(kernel, words, tuple(reads), writes))
        return row


def agrees(
    rows: Callable[..., list[Row] | None], arrays: Sequence[Any], want: Callable[..., None],
    run: Callable[[list[Row]], None],
) -> bool:  # fmt: skip
    """Whether rows for such arrays (Images, or a Matrix that is one row, or None), the last of
    them written, give the bits that `want` gives, on random numbers."""
    rng = np.random.default_rng(0)
    memory: list[Any] = []
    held: list[Any] = []
    for x in arrays:
        shape = () if x is None else x.shape if isinstance(x, Images) else (x.columns,)
        dtype = np.float32 if x is None else (x.matrix if isinstance(x, Images) else x).dtype
        a = rng.standard_normal(shape, dtype)
        memory.append(None if x is None else a)
        if isinstance(x, Images):
            m = x.matrix._replace(kind="held", address=a.ctypes.data)
            held.append(x._replace(matrix=m))
        else:
            held.append(None if x is None else x._replace(kind="held", address=a.ctypes.data))
    made = rows(*held)
    if made is None:
        return False
    with one_each:
        run(made)
    expected = np.empty_like(memory[-1])
    want(*memory[:-1], expected)
    bits = f"u{expected.itemsize}"
    return bool(np.array_equal(memory[-1].view(bits), expected.view(bits)))
