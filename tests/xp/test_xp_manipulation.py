"""Changes of shape and order, joining and taking apart: beyond their derivatives, which
`test_rules.py` checks."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import backprop as bp


def _numbers(*shape: int) -> np.ndarray:
    return np.arange(float(np.prod(shape))).reshape(shape)


def _same(got: Any, expected: Any) -> None:
    got, expected = (v if isinstance(v, (tuple, list)) else [v] for v in (got, expected))
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert g.shape == np.shape(e)
        np.testing.assert_array_equal(g.detach().numpy(), e)


# ------------------------------------------------------------------------- against NumPy

A = _numbers(2, 3, 4)
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("reshape", ((4, -1),), {}, A.reshape(4, 6)),
    ("reshape", (24,), {}, A.reshape(24)),
    ("reshape", ([np.int64(6), np.int8(4)],), {}, A.reshape(6, 4)),
    ("flatten", (), {}, A.reshape(24)),
    ("flatten", (1,), {}, A.reshape(2, 12)),
    ("flatten", (0, 1), {}, A.reshape(6, 4)),
    ("flatten", (0, -2), {}, A.reshape(6, 4)),
    ("ravel", (), {}, A.reshape(24)),
    ("expand_dims", (0,), {}, A[None]),
    ("expand_dims", (-1,), {}, A[..., None]),
    ("expand_dims", ((0, -1),), {}, A[None, ..., None]),
    ("expand_dims", ((-1, 0, 2),), {}, np.expand_dims(A, (-1, 0, 2))),
    ("expand_dims", ((),), {}, A),
    ("expand_dims", (), {"axis": np.int64(3)}, A[..., None]),
    ("broadcast_to", ((5, 2, 3, 4),), {}, np.broadcast_to(A, (5, 2, 3, 4))),
    ("permute_dims", ((-1, 0, 1),), {}, A.transpose(2, 0, 1)),
    ("matrix_transpose", (), {}, np.swapaxes(A, -1, -2)),
    ("swapaxes", (0, -1), {}, np.swapaxes(A, 0, -1)),
    ("moveaxis", (0, -1), {}, np.moveaxis(A, 0, -1)),
    ("moveaxis", ((0, 2), (-1, 0)), {}, np.moveaxis(A, (0, 2), (-1, 0))),
    ("moveaxis", ((), ()), {}, A),
    ("flip", (), {}, np.flip(A)),
    ("flip", (), {"axis": -2}, np.flip(A, -2)),
    ("flip", (), {"axis": (0, 2)}, np.flip(A, (0, 2))),
    ("roll", (5,), {}, np.roll(A, 5)),
    ("roll", (-1,), {"axis": 1}, np.roll(A, -1, 1)),
    ("roll", (1,), {"axis": (0, -1)}, np.roll(A, 1, (0, -1))),
    ("roll", ((1, -2),), {"axis": (0, 2)}, np.roll(A, (1, -2), (0, 2))),
    ("roll", ((1, 1),), {"axis": (2, 2)}, np.roll(A, 2, 2)),
    ("roll", (1,), {"axis": ()}, A),
    ("roll", (10**30,), {"axis": 2}, np.roll(A, 10**30 % 4, 2)),
    ("repeat", (2,), {}, np.repeat(A, 2)),
    ("repeat", (np.int64(2),), {"axis": -1}, np.repeat(A, 2, -1)),
    ("tile", ((2, 1),), {}, np.tile(A, (2, 1))),
    ("tile", ((2, 1, 1, 3),), {}, np.tile(A, (2, 1, 1, 3))),
    ("tile", (2,), {}, np.tile(A, 2)),
    ("tile", ((),), {}, A),
    ("unstack", (), {}, tuple(A)),
    ("unstack", (), {"axis": -1}, tuple(np.moveaxis(A, -1, 0))),
    ("split", (2,), {}, np.split(A, 2)),
    ("split", (2, -1), {}, np.split(A, 2, -1)),
    ("split", ([1, 3],), {"axis": 2}, np.split(A, [1, 3], 2)),
    ("split", ([0, 2, 2, -1, 9],), {"axis": 2}, np.split(A, [0, 2, 2, -1, 9], 2)),
    ("array_split", (3,), {"axis": 2}, np.array_split(A, 3, 2)),
    ("array_split", (5,), {"axis": 1}, np.array_split(A, 5, 1)),
    ("atleast_1d", (), {}, A),
    ("atleast_3d", (), {}, A),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"), CALLS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CALLS)]
)
def test_as_numpy_does(name: str, args: Any, kwargs: Any, expected: Any, make: Any) -> None:
    """Whether a gradient is recorded or not."""
    x = make(A)
    _same(getattr(bp, name)(x, *args, **kwargs), expected)
    _same(getattr(bp, name)(x.detach(), *args, **kwargs), expected)


@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d"])
def test_at_least_so_many_axes(name: str, make: Any) -> None:
    for shape in [(), (3,), (2, 3), (2, 1, 3), (2, 1, 1, 3)]:
        a = _numbers(*shape)
        _same(getattr(bp, name)(make(a)), getattr(np, name)(a))


@pytest.mark.parametrize("name", ["hstack", "vstack", "dstack", "column_stack"])
def test_stacks(name: str, make: Any) -> None:
    for shapes in [[(3,), (3,)], [(2, 3), (2, 3)]]:
        arrays = [_numbers(*s) + i for i, s in enumerate(shapes)]
        _same(getattr(bp, name)([make(a) for a in arrays]), getattr(np, name)(arrays))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex64"])
def test_every_dtype(dtype: str, backend: Any) -> None:
    x = bp.ones((2, 2), dtype=dtype, device=backend.name)
    for y in (bp.reshape(x, 4), bp.flip(x), bp.roll(x, 1), bp.repeat(x, 2), bp.tile(x, 2), bp.stack([x, x]),
              bp.concat([x, x]), *bp.unstack(x), *bp.split(x, 2), bp.tril(x, k=1), bp.moveaxis(x, 0, 1),
              *bp.broadcast_arrays(x, bp.ones((3, 1, 1), device=backend.name))[:1]):  # fmt: skip
        assert (y.dtype, y.device) == (x.dtype, x.device)
        assert bool((y == bp.ones_like(y)).numpy().all())


# --------------------------------------------------------------------- copies and views


def test_reshape_copies_when_told(backend: Any) -> None:
    x = bp.asarray(_numbers(2, 3), device=backend.name)
    copied = bp.reshape(x, (3, 2), copy=True)
    copied.copy_(copied * 0.0)
    assert x.tolist() == _numbers(2, 3).tolist()
    bp.reshape(x, (3, 2), copy=False).copy_(bp.zeros((3, 2), device=backend.name))
    assert x.tolist() == np.zeros((2, 3)).tolist()
    assert bp.reshape(x.mT, (2, 3)).shape == (2, 3)
    with pytest.raises(ValueError, match=r"reshape: copy: got False, but shape \(3, 2\) cannot"):
        bp.reshape(x.mT, (2, 3), copy=False)
    assert bp.reshape(bp.zeros((0, 3)).mT, (0,), copy=False).shape == (0,)
    y = x.requires_grad_()
    for copy in (True, False, None):
        y.grad = None
        bp.reshape(y, 6, copy=copy).sum().backward()
        assert y.grad.tolist() == [[1.0] * 3] * 2


def test_parts_share_memory_only_where_nothing_is_recorded() -> None:
    a = np.zeros((2, 2))
    x = bp.asarray(a)
    assert all(np.shares_memory(p.numpy(), a) for p in (*bp.unstack(x), *bp.split(x, 2), *x))
    x = x.requires_grad_()
    parts = [*bp.unstack(x), *bp.split(x, 2), *x]
    assert not any(np.shares_memory(p.detach().numpy(), a) for p in parts)


def test_a_change_after_taking_apart_does_no_harm() -> None:
    x = bp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = bp.unstack(x)
    loss = (first * second).sum()
    x.copy_(bp.zeros((2, 2)))
    loss.backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]


# ------------------------------------------------------------------ many parts, one node


def _names(x: Any) -> list[str]:
    """The names of the primitives in the graph of x."""
    seen, stack, names = set(), [x.node], []
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        names.append(getattr(getattr(node, "primitive", None), "name", "leaf"))
        stack += getattr(node, "parents", ())
    return names


def test_taking_apart_is_one_node(make: Any) -> None:
    x = make(_numbers(5, 2))
    for parts in (bp.unstack(x), bp.split(x, 5), tuple(x), bp.array_split(x, 5), x.chunk(5)):
        names = _names(sum((p * p).sum() for p in parts))
        assert names.count("unstack") == 1
        assert names.count("getitem") == 0
    names = _names(bp.stack(bp.unstack(x), axis=1))
    assert sorted(names) == sorted(["stack", "unstack", "leaf"] + ["output"] * 5)


def test_parts_without_a_gradient_count_as_zero(make: Any) -> None:
    x = make(_numbers(4, 2) + 1)
    _, b, _, d = bp.unstack(x)
    (b * b * d).sum().backward()
    expected = np.zeros((4, 2))
    a = _numbers(4, 2) + 1
    expected[1], expected[3] = 2 * a[1] * a[3], a[1] ** 2
    np.testing.assert_array_equal(x.grad.numpy(), expected)
    x.grad = None
    bp.split(x, [1, 3])[1].sum().backward()
    assert x.grad.tolist() == [[0.0] * 2, [1.0] * 2, [1.0] * 2, [0.0] * 2]


def test_infinite_gradients_stay_in_their_part(make: Any) -> None:
    x = make([1.0, 2.0])
    first, second = bp.unstack(x)
    (first + second * float("inf")).backward()
    assert x.grad.tolist() == [1.0, float("inf")]


def test_joining_mixed_dtypes(backend: Any) -> None:
    kinds = ["float32", "float64", "complex64", "complex128"]
    for one, two in itertools.product(kinds, kinds):
        x = bp.ones(2, dtype=one, device=backend.name).requires_grad_()
        y = bp.ones(2, dtype=two, device=backend.name).requires_grad_()
        for out in (bp.concat([x, y]), bp.stack([x, y])):
            assert out.dtype == bp.result_type(x, y)
            x.grad = y.grad = None
            (abs(out * out)).sum().backward()
            assert (x.grad.dtype, y.grad.dtype) == (one, two)
            assert x.grad.tolist() == y.grad.tolist() == [2.0, 2.0]
    small = bp.ones(1, dtype="int8", device=backend.name)
    assert bp.concat([small, bp.ones(1, dtype="uint8", device=backend.name)]).dtype == bp.int16


def test_devices_do_not_mix() -> None:
    x, y = bp.ones(2), bp.ones(2, device="strict")
    for f in (bp.concat, bp.stack, bp.hstack):
        with pytest.raises(ValueError, match=r"arrays is on cpu, arrays is on strict.*to_device"):
            f([x, y])


# -------------------------------------------------------------------------------- errors

X = bp.zeros((2, 3))
BAD: list[tuple[Any, Any, str]] = [
    (lambda: bp.reshape(X, (4, 2)), ValueError, r"reshape: shape: got \(4, 2\), wanted one for the 6 elements of shape \(2, 3\)"),
    (lambda: bp.reshape(X, (-1, 4)), ValueError, r"got \(-1, 4\), wanted one for the 6"),
    (lambda: bp.reshape(X, (-1, -1)), ValueError, r"at most one -1"),
    (lambda: bp.reshape(X, (-2, 3)), ValueError, r"got \(-2, 3\), wanted sizes of 0 or more"),
    (lambda: bp.reshape(X, (0, -1)), ValueError, r"wanted one for the 6"),
    (lambda: bp.reshape(bp.zeros((0, 3)), (0, -1)), ValueError, r"wanted one for the 0"),
    (lambda: bp.reshape(X, (2.0, 3)), TypeError, r"reshape: shape: got 2.0, wanted an integer"),
    (lambda: bp.reshape(X, "six"), TypeError, r"got 'six', wanted an integer or a tuple of integers"),
    (lambda: bp.flatten(X, 1, 0), ValueError, r"flatten: end_dim: got 0, wanted start_dim or a later"),
    (lambda: bp.flatten(X, 2), IndexError, r"flatten: start_dim: got 2, wanted -2 \.\. 1 for shape \(2, 3\)"),
    (lambda: bp.expand_dims(X, 3), IndexError, r"expand_dims: axis: got 3, wanted -3 \.\. 2 for shape \(2, 3\) with the new axis"),
    (lambda: bp.expand_dims(X, (0, 4)), IndexError, r"got 4, wanted -4 \.\. 3 for shape \(2, 3\) with the 2 new axes"),
    (lambda: bp.expand_dims(X, (0, -4)), ValueError, r"got \(0, -4\), wanted each axis once"),
    (lambda: bp.squeeze(X, 0), ValueError, r"squeeze: axis 0 of shape \(2, 3\) is not of length 1"),
    (lambda: bp.squeeze(X, 2), IndexError, r"squeeze: axis: got 2, wanted -2 \.\. 1 for shape \(2, 3\)"),
    (lambda: bp.squeeze(bp.zeros((1, 1)), (0, -2)), ValueError, r"squeeze: axis: got \(0, -2\), wanted each axis once"),
    (lambda: bp.squeeze(bp.asarray(1.0), 0), IndexError, r"got 0, but there is none for shape \(\)"),
    (lambda: bp.squeeze(X, None), TypeError, r"squeeze: axis: got None, wanted an integer"),
    (lambda: bp.broadcast_to(X, (3, 3)), ValueError, r"broadcast_to: shape: got \(3, 3\), wanted one that ends like \(2, 3\)"),
    (lambda: bp.broadcast_to(X, (3,)), ValueError, r"got \(3,\), wanted one that ends like \(2, 3\)"),
    (lambda: bp.broadcast_to(X, (-1, 2, 3)), ValueError, r"broadcast_to: shape: got .*sizes of 0 or more"),
    (lambda: bp.broadcast_shapes((2,), (3,)), ValueError, r"broadcast_shapes: got \(2,\) and \(3,\), wanted lengths that agree"),
    (lambda: bp.broadcast_arrays(X, bp.zeros(2)), ValueError, r"got \(2, 3\) and \(2,\), wanted lengths that agree"),
    (lambda: bp.permute_dims(X, (0, 0)), ValueError, r"permute_dims: axes: got \(0, 0\), wanted each axis once"),
    (lambda: bp.permute_dims(X, (0,)), ValueError, r"got \(0,\), wanted all the 2 axes of shape \(2, 3\)"),
    (lambda: bp.permute_dims(X, (0, 2)), IndexError, r"permute_dims: axes: got 2, wanted -2 \.\. 1"),
    (lambda: bp.zeros(3).mT, ValueError, r"shape \(3,\), wanted matrices"),
    (lambda: bp.swapaxes(X, 0, 2), IndexError, r"swapaxes: axis2: got 2"),
    (lambda: bp.moveaxis(X, 0, (0, 1)), ValueError, r"moveaxis: got source 0 and destination \(0, 1\), wanted as many"),
    (lambda: bp.moveaxis(X, (0, 0), (0, 1)), ValueError, r"moveaxis: source: got \(0, 0\), wanted each axis once"),
    (lambda: bp.moveaxis(X, 0, 2), IndexError, r"moveaxis: destination: got 2"),
    (lambda: bp.flip(X, axis=2), IndexError, r"flip: axis: got 2, wanted -2 \.\. 1"),
    (lambda: bp.roll(X, 1, axis=2), IndexError, r"roll: axis: got 2"),
    (lambda: bp.roll(X, (1, 2), axis=0), ValueError, r"roll: got shift \(1, 2\) and axis 0, wanted one shift, or one for each"),
    (lambda: bp.roll(X, 1.5), TypeError, r"roll: shift: got 1\.5, wanted an integer"),
    (lambda: bp.repeat(X, -1), ValueError, r"repeat: repeats: got -1, wanted sizes of 0 or more"),
    (lambda: bp.repeat(X, 2.0), TypeError, r"repeat: repeats: got 2\.0, wanted an integer"),
    (lambda: bp.repeat(X, bp.asarray([1, 2]), axis=1), ValueError, r"repeats: got shape \(2,\), wanted \(1,\) or \(3,\)"),
    (lambda: bp.repeat(X, bp.asarray([1, -2]), axis=0), ValueError, r"repeats: got -2, wanted 0 or more"),
    (lambda: bp.repeat(X, bp.asarray([1.0, 2.0]), axis=0), TypeError, r"repeats: got dtype float32, wanted integers"),
    (lambda: bp.repeat(X, np.array([1, 2]), axis=0), TypeError, r"repeats: got ndarray, wanted an integer"),
    (lambda: bp.repeat(X, 2, axis=2), IndexError, r"repeat: axis: got 2"),
    (lambda: bp.tile(X, (-1,)), ValueError, r"tile: repetitions: got \(-1,\)"),
    (lambda: bp.concat([]), ValueError, r"concat: arrays: got none, wanted at least one"),
    (lambda: bp.concat(X), TypeError, r"concat: arrays is a Tensor, wanted a list of Tensors"),
    (lambda: bp.concat([X, np.zeros((2, 3))]), TypeError, r"concat: arrays\[1\] is a numpy.ndarray, wanted a Tensor"),
    (lambda: bp.concat([X, bp.zeros((2, 2))]), ValueError, r"concat: arrays: got shapes \(2, 3\), \(2, 2\), wanted equal ones but for axis 0"),
    (lambda: bp.concat([X, bp.zeros(3)]), ValueError, r"got shapes \(2, 3\), \(3,\)"),
    (lambda: bp.concat([X, X], axis=2), IndexError, r"concat: axis: got 2, wanted -2 \.\. 1 for shape \(2, 3\)"),
    (lambda: bp.concat([bp.asarray(1.0)]), IndexError, r"got 0, but there is none for shape \(\)"),
    (lambda: bp.stack([X, bp.zeros((3, 2))]), ValueError, r"stack: arrays: got shapes \(2, 3\), \(3, 2\), wanted equal ones"),
    (lambda: bp.stack([X], axis=3), IndexError, r"stack: axis: got 3, wanted -3 \.\. 2"),
    (lambda: bp.stack([X, 1.0]), TypeError, r"stack: arrays\[1\] is a float, wanted a Tensor"),
    (lambda: bp.unstack(bp.asarray(1.0)), IndexError, r"unstack: axis: got 0, but there is none"),
    (lambda: bp.unstack(X, axis=2), IndexError, r"unstack: axis: got 2"),
    (lambda: bp.split(X, 2, 1), ValueError, r"split: indices_or_sections: got 2, wanted a divisor of 3, the length of axis 1"),
    (lambda: bp.split(X, 0), ValueError, r"got 0, wanted a divisor"),
    (lambda: bp.split(X, [2, 1], 1), ValueError, r"got \(2, 1\), wanted them in order"),
    (lambda: bp.split(X, 1.5), TypeError, r"split: indices_or_sections: got 1\.5, wanted an integer"),
    (lambda: bp.chunk(X, 0), ValueError, r"chunk: chunks: got 0, wanted 1 or more"),
    (lambda: bp.array_split(X, 0), ValueError, r"got 0, wanted 1 or more"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=range(len(BAD)))
def test_mistakes(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


FUNCTIONS = [
    lambda x: bp.reshape(x, 2), bp.flatten, bp.ravel, lambda x: bp.expand_dims(x, 0), lambda x: bp.squeeze(x, 0),
    bp.atleast_1d, bp.atleast_2d, bp.atleast_3d, lambda x: bp.broadcast_to(x, 2), bp.broadcast_arrays,
    lambda x: bp.permute_dims(x, (0,)), lambda x: bp.swapaxes(x, 0, 0),
    lambda x: bp.moveaxis(x, 0, 0), bp.flip, lambda x: bp.roll(x, 1), lambda x: bp.repeat(x, 1),
    lambda x: bp.tile(x, 1), lambda x: bp.concat([x]), lambda x: bp.stack([x]), bp.unstack, lambda x: bp.split(x, 1),
    lambda x: bp.array_split(x, 1), lambda x: bp.hstack([x]), lambda x: bp.vstack([x]), lambda x: bp.dstack([x]),
    lambda x: bp.column_stack([x]),
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_bare_arrays_are_refused(f: Any) -> None:
    for bad, kind in ((np.ones(2), "numpy.ndarray"), (1.0, "float"), (None, "NoneType")):
        with pytest.raises(TypeError, match=rf"is a {kind}, wanted a Tensor; wrap it first"):
            f(bad)


def test_broadcast_shapes() -> None:
    assert bp.broadcast_shapes() == ()
    assert bp.broadcast_shapes(()) == ()
    assert bp.broadcast_shapes((2, 1), 3, (1, 1, 1)) == (1, 2, 3)
    assert bp.broadcast_shapes((0,), (1,)) == (0,)
    assert bp.broadcast_shapes((5, 1, 0), (4, 1), [np.int64(1)]) == (5, 4, 0)
    with pytest.raises(ValueError, match="wanted lengths that agree"):
        bp.broadcast_shapes((0,), (2,))
    shapes = [s for n in range(3) for s in itertools.product((0, 1, 2, 3), repeat=n)]
    for a, b in itertools.product(shapes, shapes):
        try:
            expected = np.broadcast_shapes(a, b)
        except ValueError:
            with pytest.raises(ValueError, match="wanted lengths that agree"):
                bp.broadcast_shapes(a, b)
        else:
            assert bp.broadcast_shapes(a, b) == expected


def test_chunks_are_pytorchs(make: Any) -> None:
    torch = pytest.importorskip("torch")
    for n, chunks in itertools.product((0, 1, 5, 6), (1, 2, 3, 4, 7)):
        a = _numbers(n, 2)
        _same(make(a).chunk(chunks), [t.numpy() for t in torch.tensor(a).chunk(chunks)])


@pytest.mark.parametrize(
    "function",
    [
        bp.atleast_1d, bp.atleast_2d, bp.atleast_3d, bp.positive, bp.squeeze, bp.expand_dims,
        lambda x, **_: bp.broadcast_arrays(x)[0], lambda x, **_: bp.split(x, 1)[0],
        lambda x, **_: bp.reshape(x, x.shape), lambda x, **_: bp.broadcast_to(x, x.shape),
    ],
)  # fmt: skip
def test_results_that_need_no_change_are_tensors_of_their_own(make: Any, function: Any) -> None:
    """So that assigning to parts of one leaves the other alone, as it does where they differ."""
    x = make(np.zeros((2, 2, 2)), requires_grad=False)
    out = function(x, axis=()) if function in (bp.squeeze, bp.expand_dims) else function(x)
    assert out is not x
    out[0] = 1.0
    assert not x.numpy().any()
    assert out.numpy().sum() == 4.0
