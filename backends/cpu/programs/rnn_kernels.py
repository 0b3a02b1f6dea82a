"""LSTMs and GRUs over some rows of a batch: `cpu/recurrent.py`, without Python between the steps.

A sequence's rows know nothing of one another, so each thread takes some of them from the first step
to the last. The products are NumPy's BLAS, tanh is NumPy's, and all else is rounded where NumPy
rounds it. What every pass reads and writes is few arrays, for the compiler to take many numbers at
a time.

Every kernel's arguments begin with (gemm, tanh, its data, steps, rows of the batch, units, first
row, rows, stretch of a sum), and end with scratch memory and space for calls of tanh.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, cfunc

from backends.cpu.compiled.addresses import foreign, of_kernels, pointer
from backends.cpu.compiled.ufuncs import apply

DTYPE, WIDE = "float32", True
"""Of what numbers, and whether BLAS's integers have 64 bits. Every case has a copy of this file of
its own: see `kernels.copied`."""
kind, size = np.dtype(DTYPE).type, np.dtype(DTYPE).itemsize
half, one, zero = kind(0.5), kind(1), kind(0)
gemm = foreign("eeeiiifpipifpi".replace("f", "f" if DTYPE == "float32" else "d"), wide=WIDE)
_compiled = of_kernels()


# ------------------------------------------------------------- passes over a row of numbers


@_compiled
def _copy(to: Any, x: Any) -> None:
    for j in range(to.size):
        to[j] = x[j]


@_compiled
def _add(to: Any, x: Any) -> None:
    for j in range(to.size):
        to[j] += x[j]


@_compiled
def _multiply(to: Any, x: Any) -> None:
    for j in range(to.size):
        to[j] *= x[j]


@_compiled
def _product(to: Any, x: Any, y: Any) -> None:
    for j in range(to.size):
        to[j] = x[j] * y[j]


@_compiled
def _add_product(to: Any, x: Any, y: Any) -> None:
    for j in range(to.size):
        to[j] += x[j] * y[j]


@_compiled
def _sum(to: Any, x: Any, y: Any, scale: Any) -> None:
    for j in range(to.size):
        to[j] = (x[j] + y[j]) * scale


@_compiled
def _affine(to: Any, x: Any, scale: Any, shift: Any) -> None:
    for j in range(to.size):
        to[j] = x[j] * scale + shift


@_compiled
def _fill(to: Any, value: Any) -> None:
    for j in range(to.size):
        to[j] = value


@_compiled
def _slope(to: Any, a: Any, x: Any) -> None:
    """to <- (a - a²) x: of a sigmoid."""
    for j in range(to.size):
        to[j] = (a[j] - a[j] * a[j]) * x[j]


@_compiled
def _slope_of_tanh(to: Any, a: Any, x: Any) -> None:
    """to <- (1 - a²) x"""
    one = a.dtype.type(1)
    for j in range(to.size):
        to[j] = (one - a[j] * a[j]) * x[j]


@_compiled
def _carried(s: Any, h: Any, o: Any, e: Any) -> None:
    """s <- s + (1 - h²) o e"""
    one = h.dtype.type(1)
    for j in range(s.size):
        s[j] += (one - h[j] * h[j]) * o[j] * e[j]


@_compiled
def _interpolated(h: Any, last: Any, n: Any, z: Any) -> None:
    """h <- (last - n) z + n"""
    for j in range(h.size):
        h[j] = (last[j] - n[j]) * z[j] + n[j]


@_compiled
def _of_n(d: Any, z: Any, s: Any, n: Any) -> None:
    """d <- (1 - z) s (1 - n²)"""
    one = n.dtype.type(1)
    for j in range(d.size):
        d[j] = (one - z[j]) * s[j] * (one - n[j] * n[j])


@_compiled
def _of_z(d: Any, last: Any, n: Any, s: Any, z: Any) -> None:
    """d <- (last - n) s (z - z²)"""
    for j in range(d.size):
        d[j] = (last[j] - n[j]) * s[j] * (z[j] - z[j] * z[j])


@_compiled
def _of_r(d: Any, of_n: Any, v: Any, r: Any) -> None:
    """d <- of_n v (r - r²)"""
    for j in range(d.size):
        d[j] = of_n[j] * v[j] * (r[j] - r[j] * r[j])


# ------------------------------------------------------------------------ the kernels


@_compiled
def numbers(address, n):  # type: ignore
    return carray(pointer(address, kind), (n,))


@_compiled
def by(w, m, n, k, a, b, out):  # type: ignore
    """out <- a b, (m, k) and (k, n), summed in stretches as NumPy's BLAS does."""
    start = 0
    while start < k:
        left = length = k - start
        if w[8] > 0 and left > w[8]:
            length = w[8] if left >= 2 * w[8] else left - left // 2
        gemm(
            w[0], (101, 111, 111, m, n, length, 1.0, a + start * size, k,
                   b + start * n * size, n, 1.0 if start else 0.0, out, n),
        )  # fmt: skip
        start += length


def lstm(at):  # type: ignore
    w = carray(pointer(at, np.int64), (19,))
    steps, batch, n, first, m = w[3], w[4], w[5], w[6], w[7]
    x, x_step, x_row, weight, h0 = w[9], w[10], w[11], w[12], w[13]
    c0, states, cells, gates, p = w[14], w[15], w[16], w[17], w[18]
    space = at + 8 * 19
    for t in range(steps):
        here = (t * batch + first) * n * size
        before = here - batch * n * size
        last, cell = (states + before, cells + before) if t else (h0 + here, c0 + here)
        by(w, m, 4 * n, n, last, weight, p)
        for r in range(m):
            q = numbers(p + 4 * r * n * size, 4 * n)
            now = numbers(x + (t * x_step + (first + r) * x_row) * size, 4 * n)
            _sum(q[: 2 * n], q[: 2 * n], now[: 2 * n], half)
            _add(q[2 * n : 3 * n], now[2 * n : 3 * n])
            _sum(q[3 * n :], q[3 * n :], now[3 * n :], half)
        apply(w[1], w[2], p, p, 4 * m * n, size, space)
        for r in range(m):
            q = numbers(p + 4 * r * n * size, 4 * n)
            a = gates + ((4 * t * batch + first + r) * n) * size
            i, f = numbers(a, n), numbers(a + batch * n * size, n)
            g, o = numbers(a + 2 * batch * n * size, n), numbers(a + 3 * batch * n * size, n)
            _affine(i, q[:n], half, half)
            _affine(f, q[n : 2 * n], half, half)
            _affine(g, q[2 * n : 3 * n], one, zero)
            _affine(o, q[3 * n :], half, half)
            c = numbers(cells + here + r * n * size, n)
            _product(c, f, numbers(cell + r * n * size, n))
            _add_product(c, i, g)
        apply(w[1], w[2], cells + here, states + here, m * n, size, space)
        for r in range(m):
            a = gates + (((4 * t + 3) * batch + first + r) * n) * size
            _multiply(numbers(states + here + r * n * size, n), numbers(a, n))


def lstm_grad(at):  # type: ignore
    w = carray(pointer(at, np.int64), (22,))
    steps, batch, n, first, m = w[3], w[4], w[5], w[6], w[7]
    gates, cells, weight, c0, of_h = w[9], w[10], w[11], w[12], w[13]
    h_step, h_row, of_c, c_step, c_row = w[14], w[15], w[16], w[17], w[18]
    all_d, all_s, e = w[19], w[20], w[21]
    th, space, whole = e + m * n * size, at + 8 * 22, batch * n * size
    for back in range(steps):
        t = steps - 1 - back
        here = (t * batch + first) * n * size
        if back:
            by(w, m, n, 4 * n, all_d + 4 * (here + whole), weight, e)
        else:
            _fill(numbers(e, m * n), zero)
        apply(w[1], w[2], cells + here, th, m * n, size, space)
        for r in range(m):
            s = numbers(all_s + here + r * n * size, n)
            e_r, th_r = numbers(e + r * n * size, n), numbers(th + r * n * size, n)
            a = gates + ((4 * t * batch + first + r) * n) * size
            i, f = numbers(a, n), numbers(a + whole, n)
            g, o = numbers(a + 2 * whole, n), numbers(a + 3 * whole, n)
            if back:
                later = here + whole + r * n * size
                _product(s, numbers(all_s + later, n), numbers(a + 5 * whole, n))
            else:
                _fill(s, zero)
            if of_h:
                _add(e_r, numbers(of_h + (t * h_step + (first + r) * h_row) * size, n))
            _carried(s, th_r, o, e_r)
            if of_c:
                _add(s, numbers(of_c + (t * c_step + (first + r) * c_row) * size, n))
            cell = (cells + here - whole if t else c0 + here) + r * n * size
            d = numbers(all_d + 4 * (here + r * n * size), 4 * n)
            _slope(d[:n], i, g)
            _slope(d[n : 2 * n], f, numbers(cell, n))
            _slope_of_tanh(d[2 * n : 3 * n], g, i)
            for k in range(3):
                _multiply(d[k * n : (k + 1) * n], s)
            _multiply(th_r, e_r)
            _slope(d[3 * n :], o, th_r)


def gru(at):  # type: ignore
    w = carray(pointer(at, np.int64), (18,))
    steps, batch, n, first, m = w[3], w[4], w[5], w[6], w[7]
    x, x_step, x_row, weight, bias = w[9], w[10], w[11], w[12], w[13]
    h0, states, gates, p = w[14], w[15], w[16], w[17]
    space, whole = at + 8 * 18, batch * n * size
    for t in range(steps):
        here = (t * batch + first) * n * size
        last = states + here - whole if t else h0 + here
        of_n = gates + ((4 * t + 2) * batch + first) * n * size
        by(w, m, 3 * n, n, last, weight, p)
        for r in range(m):
            q = numbers(p + 3 * r * n * size, 3 * n)
            now = numbers(x + (t * x_step + (first + r) * x_row) * size, 3 * n)
            if bias:
                _add(q, numbers(bias, 3 * n))
            _sum(q[: 2 * n], now[: 2 * n], q[: 2 * n], half)
            apply(w[1], w[2], q.ctypes.data, q.ctypes.data, 2 * n, size, space)
            a = of_n + r * n * size
            of_r = numbers(a - 2 * whole, n)
            _affine(of_r, q[:n], half, half)
            _affine(numbers(a - whole, n), q[n : 2 * n], half, half)
            _copy(numbers(a + whole, n), q[2 * n :])
            _product(numbers(a, n), of_r, q[2 * n :])
            _add(numbers(a, n), now[2 * n :])
        apply(w[1], w[2], of_n, of_n, m * n, size, space)
        for r in range(m):
            at_row = r * n * size
            h, old = numbers(states + here + at_row, n), numbers(last + at_row, n)
            of_z = numbers(of_n - whole + at_row, n)
            _interpolated(h, old, numbers(of_n + at_row, n), of_z)


def gru_grad(at):  # type: ignore
    w = carray(pointer(at, np.int64), (19,))
    steps, batch, n, first, m = w[3], w[4], w[5], w[6], w[7]
    gates, states, weight, h0, of_h = w[9], w[10], w[11], w[12], w[13]
    h_step, h_row, all_d, all_u, all_s = w[14], w[15], w[16], w[17], w[18]
    whole = batch * n * size
    for back in range(steps):
        t = steps - 1 - back
        here = (t * batch + first) * n * size
        if back:
            by(w, m, n, 3 * n, all_u + 3 * (here + whole), weight, all_s + here)
        else:
            _fill(numbers(all_s + here, m * n), zero)
        for r in range(m):
            s = numbers(all_s + here + r * n * size, n)
            a = gates + ((4 * t * batch + first + r) * n) * size
            of_r, z = numbers(a, n), numbers(a + whole, n)
            of_n, v = numbers(a + 2 * whole, n), numbers(a + 3 * whole, n)
            if back:
                later = numbers(all_s + here + whole + r * n * size, n)
                _add_product(s, later, numbers(a + 5 * whole, n))
            if of_h:
                _add(s, numbers(of_h + (t * h_step + (first + r) * h_row) * size, n))
            last = (states + here - whole if t else h0 + here) + r * n * size
            d = numbers(all_d + 3 * (here + r * n * size), 3 * n)
            u = numbers(all_u + 3 * (here + r * n * size), 3 * n)
            _of_n(d[2 * n :], z, s, of_n)
            _of_z(d[n : 2 * n], numbers(last, n), of_n, s, z)
            _of_r(d[:n], d[2 * n :], v, of_r)
            _copy(u[: 2 * n], d[: 2 * n])
            _product(u[2 * n :], d[2 * n :], of_r)


def kernel(name: str) -> Any:
    """A kernel, compiled: "lstm", "lstm_grad", "gru" or "gru_grad"."""
    return cfunc("void(int64)", cache=True)(globals()[name])
