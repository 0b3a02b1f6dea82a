"""Convolutions in programs: the blocks of `cpu/convolution.py`, shared between threads.

The same copies and the same products, block by block, so the bits are the same; what goes is
Python's part in them, and that threads have to be woken for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, cfunc

from backends.cpu.compiled.addresses import foreign, of_kernels, pointer

DTYPE, WIDE = "float32", True
"""Of what numbers, and whether BLAS's integers have 64 bits. Every case has a copy of this file of
its own: see `kernels.copied`."""
kind = np.dtype(DTYPE).type
product = foreign("eeeiiifpipifpi".replace("f", "f" if DTYPE == "float32" else "d"), wide=WIDE)
_compiled = of_kernels()
FAR = 1 << 40
"""The length of arrays whose end a kernel does not need to know."""

(BLOCKS, CHANNELS, OUTS, ELEMENTS, IMAGES, PLANE, PITCH, WIDTH, LINE, PHASES, PHASE, X_IMAGE,
 X_CHANNEL, X_ROW, OUT_IMAGE, OUT_CHANNEL, OUT_ROW, OUT_STEP) = range(18)  # fmt: skip
HEADER = 18
"""What stands where in a layout's numbers, all in elements. X and OUT: from one to the next. PITCH:
from a row of a padded image to the next; LINE: from a channel of values to the next; WIDTH: places
in a row. Behind them stand BLOCKS of (first image, images, first row, the one behind the last,
part), where each of the kernel's ELEMENTS sees its first place, and the PHASES: (where the image
begins in it, rows, columns, first row, its step, first column, its step)."""


@_compiled
def _parts(at: int) -> Any:
    """A layout's numbers, blocks, elements and phases."""
    g = carray(pointer(at, np.int64), (HEADER,))
    at += 8 * HEADER
    blocks = carray(pointer(at, np.int64), (g[BLOCKS], 5))
    at += 40 * g[BLOCKS]
    elements = carray(pointer(at, np.int64), (g[ELEMENTS],))
    phases = carray(pointer(at + 8 * g[ELEMENTS], np.int64), (g[PHASES], 7))
    return g, blocks, elements, phases


@_compiled
def _copy(to: Any, of: Any) -> None:
    for q in range(to.size):  # Numba's own assignment first asks whether they overlap
        to[q] = of[q]


@_compiled
def _pad(g: Any, phases: Any, x: Any, padded: Any, n: int, count: int) -> None:
    """Images where their phases lie; what is around them stays 0."""
    for p in range(g[PHASES]):
        inner, rows, columns, r, rs, c, cs = phases[p]
        for k in range(g[CHANNELS]):
            for i in range(count):
                to = p * g[PHASE] + (k * g[IMAGES] + i) * g[PLANE] + inner
                of = (n + i) * g[X_IMAGE] + k * g[X_CHANNEL] + c
                for row in range(rows):
                    line = padded[to + row * g[PITCH] : to + row * g[PITCH] + columns]
                    start = of + (r + row * rs) * g[X_ROW]
                    if cs == 1:
                        _copy(line, x[start : start + columns])
                    else:
                        for q in range(columns):
                            line[q] = x[start + q * cs]


@_compiled
def _gather(
    g: Any, elements: Any, padded: Any, columns: Any, count: int, run: int, h: int, low: int,
    high: int,
) -> None:  # fmt: skip
    """The columns' rows from low to high."""
    to = 0
    for row in range(low, high):
        k, e = row // g[ELEMENTS], row % g[ELEMENTS]
        for i in range(count):
            of = elements[e] + (k * g[IMAGES] + i) * g[PLANE] + h * g[PITCH]
            _copy(columns[to : to + run], padded[of : of + run])
            to += run


@_compiled
def _give(
    g: Any, bias: Any, values: Any, out: Any, n: int, count: int, run: int, h: int, high: int
) -> None:
    """The values of the places that count, with a bias if there is one."""
    for o in range(g[OUTS]):
        for i in range(count):
            for r in range(high - h):
                of = o * g[LINE] + i * run + r * g[PITCH]
                to = (n + i) * g[OUT_IMAGE] + o * g[OUT_CHANNEL] + (h + r) * g[OUT_ROW]
                seen = values[of : of + g[WIDTH]]
                if bias.size:
                    extra = bias[o]
                    for q in range(seen.size):
                        seen[q] += extra
                if g[OUT_STEP] == 1:
                    _copy(out[to : to + seen.size], seen)
                else:
                    for q in range(seen.size):
                        out[to + q * g[OUT_STEP]] = seen[q]


@_compiled
def _take(
    g: Any, seen: Any, values: Any, turned: bool, n: int, count: int, run: int, h: int, high: int
) -> None:
    """The other way: values from a gradient, channel after channel or, turned, place after
    place."""
    outs = g[OUTS]
    if not turned:
        for o in range(outs):
            for i in range(count):
                for r in range(high - h):
                    to = o * g[LINE] + i * run + r * g[PITCH]
                    of = (n + i) * g[OUT_IMAGE] + o * g[OUT_CHANNEL] + (h + r) * g[OUT_ROW]
                    _copy(values[to : to + g[WIDTH]], seen[of : of + g[WIDTH]])
        return
    for i in range(count):
        for r in range(high - h):
            to = (i * run + r * g[PITCH]) * outs
            for q in range(g[WIDTH]):
                of = (n + i) * g[OUT_IMAGE] + (h + r) * g[OUT_ROW] + q
                for o in range(outs):
                    values[to + q * outs + o] = seen[of + o * g[OUT_CHANNEL]]


@_compiled
def _add(total: Any, new: Any, first: bool) -> None:
    for k in range(total.size):
        total[k] = new[k] if first else total[k] + new[k]


@_compiled
def _clear(a: Any) -> None:
    for k in range(a.size):
        a[k] = 0


# Kernels. The first two take scratch memory, for padded images, columns and values, and the lengths
# of the first and the last.


def convolve(at):  # type: ignore
    w = carray(pointer(at, np.int64), (12,))
    g, blocks, elements, phases = _parts(w[2])
    x, out = carray(pointer(w[1], kind), (FAR,)), carray(pointer(w[6], kind), (FAR,))
    padded, values = carray(pointer(w[3], kind), (w[7],)), carray(pointer(w[5], kind), (FAR,))
    columns, k = carray(pointer(w[4], kind), (FAR,)), g[CHANNELS] * g[ELEMENTS]
    bias = carray(pointer(w[10], kind), (w[11],))
    _clear(padded)
    for b in range(g[BLOCKS]):
        n, count, h, high, _ = blocks[b]
        if h == 0:
            _pad(g, phases, x, padded, n, count)
        run = (high - h - 1) * g[PITCH] + g[WIDTH]
        size = count * run
        _gather(g, elements, padded, columns, count, run, h, 0, k)
        product(
            w[0], (101, 111, 111, g[OUTS], size, k, 1.0, w[9], k, w[4], size, 0.0, w[5],
                   g[LINE]),
        )  # fmt: skip
        _give(g, bias, values, out, n, count, run, h, high)


def weigh(at):  # type: ignore
    w = carray(pointer(at, np.int64), (16,))
    g, blocks, elements, phases = _parts(w[2])
    low, stop, outs, turned = w[10], w[11], g[OUTS], w[15] != 0
    m = stop - low
    how, line = (111, outs) if turned else (112, g[LINE])
    x, seen = carray(pointer(w[1], kind), (FAR,)), carray(pointer(w[9], kind), (FAR,))
    padded, values = carray(pointer(w[3], kind), (w[7],)), carray(pointer(w[5], kind), (w[8],))
    columns = carray(pointer(w[4], kind), (FAR,))
    new, total = (
        carray(pointer(w[12], kind), (m * outs,)), carray(pointer(w[13], kind), (m * outs,)),
    )  # fmt: skip
    every = carray(pointer(w[14], kind), (m * outs,))
    _clear(padded)
    _clear(values)
    part = -1
    for b in range(g[BLOCKS]):
        n, count, h, high, of = blocks[b]
        if of != part and part >= 0:
            _add(every, total, part == 0)
        if h == 0:
            _pad(g, phases, x, padded, n, count)
        run = (high - h - 1) * g[PITCH] + g[WIDTH]
        size = count * run
        _gather(g, elements, padded, columns, count, run, h, low, stop)
        _take(g, seen, values, turned, n, count, run, h, high)
        product(
            w[0], (101, 111, how, m, outs, size, 1.0, w[4], size, w[5], line, 0.0, w[12],
                   outs),
        )  # fmt: skip
        _add(total, new, of != part)
        part = of
    _add(every, total, part == 0 or w[6] == 0)
    if w[6] == 0:  # it is one part of several, which are added when all are done
        return
    out, height = carray(pointer(w[6], kind), (FAR,)), g[CHANNELS] * g[ELEMENTS]
    for o in range(outs):
        for r in range(m):
            out[o * height + low + r] = every[r * outs + o]


def total(at):  # type: ignore
    w = carray(pointer(at, np.int64), (6,))
    parts, outs, height, low, stop = w[0], w[1], w[2], w[3], w[4]
    out = carray(pointer(w[5], kind), (outs * height,))
    places = carray(pointer(at + 48, np.int64), (parts,))
    for p in range(parts):
        every = carray(pointer(places[p], kind), (height * outs,))
        for o in range(outs):
            line = out[o * height : (o + 1) * height]
            for r in range(low, stop):
                line[r] = every[r * outs + o] if p == 0 else line[r] + every[r * outs + o]


def reorder(at):  # type: ignore
    w = carray(pointer(at, np.int64), (10,))
    y, to = carray(pointer(w[1], kind), (FAR,)), 0
    for a in range(w[2]):
        for b in range(w[3]):
            for c in range(w[4]):
                for d in range(w[5]):
                    of = w[0] + a * w[6] + b * w[7] + c * w[8] + d * w[9]
                    y[to] = carray(pointer(of, kind), (1,))[0]
                    to += 1


def kernel(name: str) -> Any:
    """A kernel, compiled: "convolve", "weigh", "total" or "reorder"."""
    return cfunc("void(int64)", cache=True)(globals()[name])
