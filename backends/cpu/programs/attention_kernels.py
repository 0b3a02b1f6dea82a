"""Attention of some heads: `cpu/attention.py` for one block of keys, by products and loops alone.

The products are NumPy's BLAS, exp and log are NumPy's, and all else is rounded where NumPy rounds
it. Scratch memory is that of one head.

Every kernel's arguments begin with (gemm, exp, its data, log, its data, queries, keys, depth,
width, whether it is causal, whether scores are small, first head, heads, stretch of a sum, gemv).
Arrays of heads come as (where, from row to row, where each head begins), a mask also with how far
it is from column to column, and its kind: 0 if there is none, 1 of numbers, 2 of truths.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import carray, cfunc

from backends.cpu.compiled.addresses import foreign, of_kernels, pointer
from backends.cpu.compiled.ufuncs import apply

DTYPE, WIDE = "float32", True
"""Of what numbers, and whether BLAS's integers have 64 bits. Every case has a copy of this file of
its own: see `kernels.copied`."""
kind, size = np.dtype(DTYPE).type, np.dtype(DTYPE).itemsize
one, zero, never = kind(1), kind(0), kind(-math.inf)
LOWEST = np.finfo(kind).min
ROWS = 64
"""Queries at a time."""
_F = "f" if DTYPE == "float32" else "d"
gemm = foreign("eeeiiifpipifpi".replace("f", _F), wide=WIDE)
gemv = foreign("eeiifpipifpi".replace("f", _F), wide=WIDE)
_compiled = of_kernels()


@_compiled
def numbers(address, n):  # type: ignore
    return carray(pointer(address, kind), (n,))


@_compiled
def matrix(address, m, n):  # type: ignore
    return carray(pointer(address, kind), (m, n))


@_compiled
def outer(a, m, b, n, out):  # type: ignore
    column, row, to = numbers(a, m), numbers(b, n), matrix(out, m, n)
    for i in range(m):
        line = to[i]
        for j in range(n):
            line[j] = zero + column[i] * row[j]


@_compiled
def by(w, turned, m, n, k, a, lda, b, ldb, out):  # type: ignore
    """out <- a b, (m, k) and (k, n), or aᵀ b; summed in stretches as NumPy's BLAS does. Of one
    row NumPy makes a product of a matrix and a vector; of a column and a row, none."""
    if m == 1 and not turned:
        gemv(w[14], (101, 112, k, n, 1.0, b, ldb, a, 1, 0.0, out, 1))
        return
    if k == 1 and turned:
        outer(a, m, b, n, out)
        return
    start, trans, pitch = 0, 112 if turned else 111, lda if turned else 1
    while start < k:
        left = length = k - start
        if w[13] > 0 and left > w[13]:
            length = w[13] if left >= 2 * w[13] else left - left // 2
        gemm(
            w[0], (101, trans, 111, m, n, length, 1.0, a + start * pitch * size, lda,
                   b + start * ldb * size, ldb, 1.0 if start else 0.0, out, n),
        )  # fmt: skip
        start += length


@_compiled
def head(w, k, h, start):  # type: ignore
    """Where a row of a head begins, of the array that the words from k on tell of."""
    begins = carray(pointer(w[k + 2], np.int64), (h + 1,))
    return w[k] + (begins[h] + start * w[k + 1]) * size


@_compiled
def copy(address, row, m, n, out, columns, factor):  # type: ignore
    """out (m, columns) <- (m, n) numbers times the factor, in its first columns."""
    to = matrix(out, m, columns)
    for i in range(m):
        x = numbers(address + i * row * size, n)
        line = to[i]
        for j in range(n):
            line[j] = x[j] * factor


@_compiled
def turn(address, row, m, n, out):  # type: ignore
    """out (n, m) <- (m, n) numbers, turned."""
    to = matrix(out, n, m)
    for i in range(m):
        x = numbers(address + i * row * size, n)
        for j in range(n):
            to[j, i] = x[j]


@_compiled
def put(out, m, columns, x, step):  # type: ignore
    """The last column of out (m, columns) <- m numbers, or the same one."""
    to, of = matrix(out, m, columns), numbers(x, (m - 1) * step + 1)
    for i in range(m):
        to[i, columns - 1] = of[i * step]


@_compiled
def fill(out, n, x):  # type: ignore
    to = numbers(out, n)
    for i in range(n):
        to[i] = x


@_compiled
def hide(s, m, reach, start):  # type: ignore
    """Take keys after a query, whose scores are these, out of its sight."""
    scores = matrix(s, m, reach)
    for i in range(m):
        for j in range(start + i + 1, reach):
            scores[i, j] += never


@_compiled
def add_mask(w, k, h, start, s, m, reach):  # type: ignore
    """Add a head's mask, which the words from k on tell of, to some rows of scores; or put keys
    out of sight where it says no."""
    scores, step, column = matrix(s, m, reach), w[k + 1], w[k + 3]
    begins = carray(pointer(w[k + 2], np.int64), (h + 1,))[h] + start * step
    length = (m - 1) * step + (reach - 1) * column + 1
    if w[k + 4] == 2:
        seen = carray(pointer(w[k] + begins, np.bool_), (length,))
        for i in range(m):
            for j in range(reach):
                if not seen[i * step + j * column]:
                    scores[i, j] = never
    else:
        more = numbers(w[k] + begins * size, length)
        for i in range(m):
            for j in range(reach):
                scores[i, j] += more[i * step + j * column]


@_compiled
def tops(s, m, reach, top):  # type: ignore
    """Take each row's largest score off it."""
    scores, largest = matrix(s, m, reach), numbers(top, m)
    for i in range(m):
        row, most = scores[i], LOWEST
        for j in range(reach):
            most = most if most > row[j] or most != most else row[j]
        for j in range(reach):
            row[j] -= most
        largest[i] = most


@_compiled
def divide(value, m, width, out, level):  # type: ignore
    """out <- rows by their sums, which stand in the last column; level <- the sums, 1 for 0."""
    x, to, sums = matrix(value, m, width + 1), matrix(out, m, width), numbers(level, m)
    for i in range(m):
        total = x[i, width]
        total = total if total != zero else one
        a, b = x[i], to[i]
        for j in range(width):
            b[j] = a[j] / total
        sums[i] = total


@_compiled
def times(x, y, n):  # type: ignore
    a, b = numbers(x, n), numbers(y, n)
    for i in range(n):
        a[i] *= b[i]


@_compiled
def add(to, x, n):  # type: ignore
    a, b = numbers(to, n), numbers(x, n)
    for i in range(n):
        a[i] += b[i]


def attention(at):  # type: ignore
    w = carray(pointer(at, np.int64), (33,))
    queries, keys, depth, width, causal, small = w[5], w[6], w[7], w[8], w[9], w[10]
    factor = numbers(w[29], 1)[0]
    out, lse, kt = w[30], w[31], w[32]
    v = kt + depth * keys * size
    q, s = v + keys * (width + 1) * size, v + (keys * (width + 1) + ROWS * depth) * size
    value = s + ROWS * keys * size
    top, ones = value + ROWS * (width + 1) * size, value + ROWS * (width + 2) * size
    space = at + 8 * 33
    fill(ones, 1, one)
    fill(top, ROWS, zero)
    for h in range(w[11], w[11] + w[12]):
        turn(head(w, 18, h, 0), w[19], keys, depth, kt)
        copy(head(w, 21, h, 0), w[22], keys, width, v, width + 1, one)
        put(v, keys, width + 1, ones, 0)
        for start in range(0, queries, ROWS):
            m = min(ROWS, queries - start)
            reach = min(keys, start + m) if causal else keys
            copy(head(w, 15, h, start), w[16], m, depth, q, depth, factor)
            by(w, False, m, reach, depth, q, depth, kt, keys, s)
            if w[28]:
                add_mask(w, 24, h, start, s, m, reach)
            if causal:
                hide(s, m, reach, start)
            if not small:
                tops(s, m, reach, top)
            apply(w[1], w[2], s, s, m * reach, size, space)
            by(w, False, m, width + 1, reach, s, reach, v, width + 1, value)
            here = h * queries + start
            level = lse + here * size
            divide(value, m, width, out + here * width * size, level)
            apply(w[3], w[4], level, level, m, size, space)
            add(level, top, m)
            sums, levels = matrix(value, m, width + 1), numbers(level, m)
            for i in range(m):
                if sums[i, width] == zero:
                    levels[i] = never


def attention_grad(at):  # type: ignore
    w = carray(pointer(at, np.int64), (39,))
    queries, keys, depth, width, causal = w[5], w[6], w[7], w[8], w[9]
    lse, down, factor = w[32], w[33], numbers(w[34], 1)[0]
    dq, dk, dv, kt = w[35], w[36], w[37], w[38]
    vt = kt + (depth + 1) * keys * size
    k = vt + (width + 1) * keys * size
    q, g = k + keys * depth * size, k + (keys * depth + ROWS * (depth + 1)) * size
    p = g + ROWS * (width + 1) * size
    ds, part = p + ROWS * keys * size, p + 2 * ROWS * keys * size
    space, once = at + 8 * 39, queries <= ROWS
    for h in range(w[11], w[11] + w[12]):
        of_q, of_k = dq + h * queries * depth * size, dk + h * keys * depth * size
        of_v = dv + h * keys * width * size
        turn(head(w, 18, h, 0), w[19], keys, depth, kt)
        fill(kt + depth * keys * size, keys, one)
        turn(head(w, 21, h, 0), w[22], keys, width, vt)
        fill(vt + width * keys * size, keys, one)
        copy(head(w, 18, h, 0), w[19], keys, depth, k, depth, one)
        first = min(keys, queries) if causal and once else keys  # those that are written at once
        if not once:
            first = 0
            fill(of_q, queries * depth, zero)
        fill(of_k + first * depth * size, (keys - first) * depth, zero)
        fill(of_v + first * width * size, (keys - first) * width, zero)
        for start in range(0, queries, ROWS):
            m = min(ROWS, queries - start)
            reach, here = min(keys, start + m) if causal else keys, h * queries + start
            copy(head(w, 15, h, start), w[16], m, depth, q, depth + 1, factor)
            put(q, m, depth + 1, lse + here * size, 1)
            copy(head(w, 29, h, start), w[30], m, width, g, width + 1, one)
            put(g, m, width + 1, down + here * size, 1)
            by(w, False, m, reach, depth + 1, q, depth + 1, kt, keys, p)
            if w[28]:
                add_mask(w, 24, h, start, p, m, reach)
            if causal:
                hide(p, m, reach, start)
            apply(w[1], w[2], p, p, m * reach, size, space)
            by(w, False, m, reach, width + 1, g, width + 1, vt, keys, ds)
            times(ds, p, m * reach)
            at_q = of_q + start * depth * size
            by(w, True, reach, width, m, p, reach, g, width + 1, of_v if once else part)
            if not once:
                add(of_v, part, reach * width)
            by(w, True, reach, depth, m, ds, reach, q, depth + 1, of_k if once else part)
            if not once:
                add(of_k, part, reach * depth)
            by(w, False, m, depth, reach, ds, reach, k, depth, at_q if once else part)
            if not once:
                add(at_q, part, m * depth)
        copy(of_q, depth, queries, depth, of_q, depth, factor)


def kernel(name: str) -> Any:
    """A kernel, compiled: "attention" or "attention_grad"."""
    return cfunc("void(int64)", cache=True)(globals()[name])
