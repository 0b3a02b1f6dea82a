"""The array object: its attributes, its numbers, its copies, how it reads, its methods."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import copy
import math
import operator
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.methods import Methods

INF, NAN = math.inf, math.nan

# -------------------------------------------------------------------------- attributes


def test_attributes(backend: Any) -> None:
    x = bp.ones((2, 3), dtype="complex64", device=backend.name)
    assert (x.dtype, x.device, x.ndim, x.shape, x.size) == (
        bp.complex64,
        backend.name,
        2,
        (2, 3),
        6,
    )
    assert type(x.shape) is tuple
    assert type(x.dtype) is type(np.dtype("complex64"))
    assert bp.zeros(x.shape, dtype=x.dtype, device=x.device).device == backend.name
    assert (x.T.shape, x.mT.shape) == ((3, 2), (3, 2))
    assert bp.asarray(3.0, device=backend.name).size == 1
    assert bp.zeros((2, 0), device=backend.name).size == 0


def test_to_device(backend: Any) -> None:
    x = bp.ones(2, device=backend.name)
    assert x.to_device(x.device) is x
    assert x.to_device(backend.name, stream=None) is x
    assert x.to_device("strict").to_device(backend.name).device == backend.name
    with pytest.raises(ValueError, match=r"to_device: stream: got 7, wanted None"):
        x.to_device(backend.name, stream=7)
    assert x.to(device="strict", dtype="int8").device == "strict"
    assert x.to(device="strict", dtype="int8").dtype == bp.int8


# --------------------------------------------------------------------- Python's numbers


@pytest.mark.parametrize(
    ("value", "convert", "expected"),
    [(True, float, 1.0), (False, int, 0), (True, complex, 1 + 0j), (False, complex, 0j), (3, float, 3.0), (3, complex, 3 + 0j),
     (-2.7, int, -2), (2.7, int, 2), (-0.0, int, 0), (INF, float, INF), (-INF, complex, complex(-INF, 0)),
     (2.5, complex, 2.5 + 0j), (1 + 2j, complex, 1 + 2j), (0.0, bool, False), (-0.0, bool, False), (NAN, bool, True),
     (INF, bool, True), (0j, bool, False), (1j, bool, True), (complex(NAN, 0), bool, True), (0, bool, False),
     (7, operator.index, 7)],
)  # fmt: skip
def test_numbers(value: Any, convert: Any, expected: Any, backend: Any) -> None:
    got = convert(bp.asarray(value, device=backend.name))
    assert got == expected
    assert type(got) is type(expected)


def test_nan_as_complex(backend: Any) -> None:
    both = complex(bp.asarray(NAN, device=backend.name))
    assert math.isnan(both.real)
    assert math.isnan(both.imag)
    half = complex(bp.asarray(complex(NAN, 2.0), device=backend.name))
    assert math.isnan(half.real)
    assert half.imag == 2.0


@pytest.mark.parametrize(
    ("value", "convert", "error", "message"),
    [(1j, float, TypeError, "float: got dtype complex64, wanted a real one"),
     (1j, int, TypeError, "int: got dtype complex64, wanted a real one"),
     (INF, int, OverflowError, "infinity"), (-INF, int, OverflowError, "infinity"), (NAN, int, ValueError, "NaN"),
     (1.0, operator.index, TypeError, "index: got dtype float32, wanted an integer"),
     (True, operator.index, TypeError, "index: got dtype bool, wanted an integer"),
     ([1.0, 2.0], float, ValueError, r"got shape \(2,\), wanted a tensor of one element"),
     ([1.0, 2.0], complex, ValueError, r"got shape \(2,\), wanted a tensor of one element"),
     ([1, 2], operator.index, ValueError, r"got shape \(2,\), wanted a tensor of one element"),
     ([True, False], bool, ValueError, r"truth of a tensor of shape \(2,\) is ambiguous; use \.any\(\)"),
     ([], bool, ValueError, r"truth of a tensor of shape \(0,\) is ambiguous")],
)  # fmt: skip
def test_what_is_no_such_number(
    value: Any, convert: Any, error: Any, message: str, backend: Any
) -> None:
    with pytest.raises(error, match=message):
        convert(bp.asarray(value, device=backend.name))


# ----------------------------------------------------------------------- copies, pickles


class Named(bp.Tensor):
    """A user's class, with an attribute and no slots."""

    def __init__(self, data: Any, name: Any) -> None:
        super().__init__(data)
        self.name = name


DUPLICATES = [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]


@pytest.mark.parametrize("duplicate", DUPLICATES, ids=["copy", "deepcopy", "pickle"])
def test_duplicates(duplicate: Any, backend: Any) -> None:
    for dtype in ("bool", "int8", "float32", "complex128"):
        for shape in ((), (2,), (0, 3)):
            x = bp.ones(shape, dtype=dtype, device=backend.name)
            y = duplicate(x)
            assert type(y) is bp.Tensor
            assert (y.dtype, y.device, y.shape, y.requires_grad) == (
                x.dtype,
                x.device,
                x.shape,
                False,
            )
            assert y.tolist() == x.tolist()
    variable = bp.asarray([1.0, 2.0], device=backend.name, requires_grad=True)
    twin = duplicate(variable)
    assert twin.is_leaf
    (twin * twin).sum().backward()
    assert twin.grad.tolist() == [2.0, 4.0]
    assert variable.grad is None


@pytest.mark.parametrize("duplicate", DUPLICATES[1:], ids=["deepcopy", "pickle"])
def test_a_gradient_is_duplicated_too(duplicate: Any, backend: Any) -> None:
    x = bp.asarray([1.0, 2.0], device=backend.name, requires_grad=True)
    (x * x).sum().backward(create_graph=True)
    y = duplicate(x)
    assert y.grad.tolist() == [2.0, 4.0]
    assert not y.grad.requires_grad
    y.grad.copy_([0.0, 0.0])
    y.copy_([0.0, 0.0])
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 2.0], [2.0, 4.0])


def test_a_shallow_copy_shares_memory_and_history(make: Any) -> None:
    x = make([1.0, 2.0])
    x.grad = x.detach()
    y = copy.copy(x)
    assert y.data is x.data
    assert y.grad is None
    result = x * 3.0
    copy.copy(result).sum().backward()
    assert x.grad.tolist() == [4.0, 5.0]


def test_results_of_operations(make: Any) -> None:
    """As in PyTorch no deep copy; a pickle has the values alone."""
    y = make([1.0, 2.0]) * 2.0
    with pytest.raises(RuntimeError, match=r"deepcopy: .*use \.detach\(\), or \.clone\(\)"):
        copy.deepcopy(y)
    back = pickle.loads(pickle.dumps([y, y]))
    assert back[0] is back[1]
    assert (back[0].tolist(), back[0].requires_grad) == ([2.0, 4.0], False)


def test_views_are_pickled_alone() -> None:
    x = bp.zeros(100_000)[:2]
    assert len(pickle.dumps(x)) < 1000


@pytest.mark.parametrize("duplicate", DUPLICATES, ids=["copy", "deepcopy", "pickle"])
def test_a_class_of_the_users(duplicate: Any) -> None:
    x = Named(np.ones(2), ["a"]).requires_grad_()
    y = duplicate(x)
    assert type(y) is Named
    assert y.name == ["a"]
    assert (y.name is x.name) == (duplicate is copy.copy)
    assert y.requires_grad
    p = duplicate(bp.nn.Parameter([1.0]))
    assert type(p) is bp.nn.Parameter
    assert p.requires_grad


def test_an_unpickled_variable_is_older_than_what_is_made_of_it() -> None:
    """In a process that has recorded nothing yet: the sweep goes by the nodes' age."""
    x = bp.asarray([2.0], requires_grad=True)
    for _ in range(100):
        _ = x * x
    x = bp.asarray([2.0], requires_grad=True)
    code = (
        "import pickle, sys, backprop as bp\n"
        "from backprop.autodiff import gradients\n"
        "x = pickle.load(sys.stdin.buffer)\n"
        "print(gradients([(x * x + x).sum()], [x])[0].tolist())"
    )
    out = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(x), capture_output=True)
    assert out.stdout.decode().strip() == "[5.0]", out.stderr.decode()


# -------------------------------------------------------------------------- how it reads


@pytest.mark.parametrize(
    ("make", "text"),
    [(lambda: bp.asarray(2.5), "tensor(2.5)"),
     (lambda: bp.asarray([1 + 2j, -0.5j]), "tensor([ 1.+2.j , -0.-0.5j])"),
     (lambda: bp.asarray([1j], dtype="complex128"), "tensor([0.+1.j], dtype=complex128)"),
     (lambda: bp.zeros(0), "tensor([])"),
     (lambda: bp.zeros((0, 3)), "tensor([], shape=(0, 3))"),
     (lambda: bp.zeros((2, 0), dtype="int64"), "tensor([], shape=(2, 0), dtype=int64)"),
     (lambda: bp.asarray([], dtype="bool"), "tensor([], dtype=bool)"),
     (lambda: bp.asarray([[True], [False]]), "tensor([[ True],\n        [False]])"),
     (lambda: bp.asarray([NAN, INF, -1.0]), "tensor([nan, inf, -1.])"),
     (lambda: bp.asarray([3], dtype="uint8"), "tensor([3], dtype=uint8)"),
     (lambda: bp.asarray([1 / 3, 1e-9]), "tensor([3.3333e-01, 1.0000e-09])"),
     (lambda: bp.asarray([1j], requires_grad=True), "tensor([0.+1.j], requires_grad=True)"),
     (lambda: bp.arange(2000), "tensor([   0,    1,    2, ..., 1997, 1998, 1999])")],
)  # fmt: skip
def test_repr(make: Any, text: str) -> None:
    assert repr(make()) == str(make()) == text


def test_repr_does_not_hang_on_numpys_settings() -> None:
    with np.printoptions(precision=1, threshold=2):
        assert repr(bp.asarray([0.123456, 2.0, 3.0])) == "tensor([0.1235, 2.    , 3.    ])"


# ------------------------------------------------------------------------------- methods

V = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.4]])
METHODS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("abs", (), np.abs(V)), ("ceil", (), np.ceil(V)), ("conj", (), V), ("cos", (), np.cos(V)),
    ("cosh", (), np.cosh(V)), ("erf", (), np.vectorize(math.erf)(V)), ("exp", (), np.exp(V)),
    ("expm1", (), np.expm1(V)), ("floor", (), np.floor(V)), ("isfinite", (), np.isfinite(V)),
    ("isinf", (), np.isinf(V)), ("isnan", (), np.isnan(V)), ("neg", (), -V), ("reciprocal", (), 1 / V),
    ("round", (), np.round(V)), ("sign", (), np.sign(V)), ("sin", (), np.sin(V)), ("sinh", (), np.sinh(V)),
    ("square", (), V**2), ("tan", (), np.tan(V)), ("tanh", (), np.tanh(V)), ("trunc", (), np.trunc(V)),
    ("sigmoid", (), 1 / (1 + np.exp(-V))), ("relu", (), np.maximum(V, 0)),
    ("softmax", (1,), np.exp(V) / np.exp(V).sum(1, keepdims=True)),
    ("log_softmax", (1,), V - np.log(np.exp(V).sum(1, keepdims=True))),
    ("pow", (2,), V**2), ("clip", (-0.5, 0.5), np.clip(V, -0.5, 0.5)), ("clamp", (None, 0.5), np.minimum(V, 0.5)),
    ("clamp", (0.0,), np.maximum(V, 0)),
    *[(name, args, getattr(np, name)(V, *args))
      for name in ("sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin", "all", "any")
      for args in ((), (0,), (-1,))],
    ("logsumexp", (1,), np.log(np.exp(V).sum(1))),
    ("cumsum", (1,), V.cumsum(1)), ("cumprod", (0,), V.cumprod(0)),
    ("sort", (), np.sort(V)), ("sort", (0,), np.sort(V, 0)), ("argsort", (), np.argsort(V)),
    ("sort", (-1, True), np.sort(V)[:, ::-1]),
    ("matmul", (bp.ones((3, 2), dtype="float64"),), V @ np.ones((3, 2))),
    ("mm", (bp.ones((3, 2), dtype="float64"),), V @ np.ones((3, 2))),
    ("reshape", (3, 2), V.reshape(3, 2)), ("reshape", ((3, -1),), V.reshape(3, 2)), ("reshape", (-1,), V.reshape(6)),
    ("reshape", (np.int64(6),), V.reshape(6)), ("view", ([6],), V.reshape(6)), ("flatten", (), V.reshape(6)), ("ravel", (), V.reshape(6)),
    ("unsqueeze", (1,), V[:, None]), ("squeeze", (), V), ("permute", (1, 0), V.T), ("permute", ((-1, 0),), V.T),
    ("transpose", (0, 1), V.T), ("swapaxes", (0, -1), V.T), ("flip", (), V[::-1, ::-1]), ("flip", (0,), V[::-1]),
    ("flip", ((1,),), V[:, ::-1]), ("roll", (1, 0), np.roll(V, 1, 0)), ("tril", (), np.tril(V)), ("triu", (1,), np.triu(V, 1)),
    ("expand", (2, 2, 3), np.broadcast_to(V, (2, 2, 3))), ("expand", (4, -1, -1), np.broadcast_to(V, (4, 2, 3))),
    ("expand", ((-1, 3),), V), ("expand_as", (bp.ones((5, 2, 3)),), np.broadcast_to(V, (5, 2, 3))),
    ("unbind", (), list(V)), ("unbind", (1,), list(V.T)), ("chunk", (2, 1), [V[:, :2], V[:, 2:]]), ("t", (), V.T),
    ("float", (), V.astype("float32")), ("double", (), V), ("int", (), V.astype("int32")), ("long", (), V.astype("int64")),
    ("bool", (), V.astype("bool")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "args", "expected"), METHODS, ids=[f"{m[0]}-{i}" for i, m in enumerate(METHODS)]
)
def test_methods(name: str, args: Any, expected: Any, backend: Any) -> None:
    args = tuple(a.to_device(backend.name) if isinstance(a, bp.Tensor) else a for a in args)
    got = getattr(bp.asarray(V, device=backend.name), name)(*args)
    if not isinstance(expected, list):
        got, expected = [got], [expected]
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert g.device == backend.name
        assert g.shape == np.shape(e)
        assert g.dtype == np.asarray(e).dtype
        np.testing.assert_allclose(g.numpy(), e, rtol=1e-12)


@pytest.mark.parametrize("name", ["log", "log10", "log1p", "log2", "sqrt"])
def test_methods_for_positive_numbers(name: str, backend: Any) -> None:
    got = getattr(bp.asarray(abs(V), device=backend.name), name)()
    np.testing.assert_allclose(got.numpy(), getattr(np, name)(abs(V)), rtol=1e-12)


def test_every_method_is_tested() -> None:
    tested = {m[0] for m in METHODS} | {
        "log",
        "log10",
        "log1p",
        "log2",
        "sqrt",
        "real",
        "imag",
        "mT",
        "T",
    }
    public = {n for kind in Methods.__mro__[:2] for n in vars(kind) if not n.startswith("_")}
    assert public == tested


def test_parts_of_complex_numbers(backend: Any) -> None:
    x = bp.asarray([1 + 2j, -3j], device=backend.name)
    assert x.real.tolist() == [1.0, 0.0]
    assert x.imag.tolist() == [2.0, -3.0]
    assert x.conj().tolist() == [1 - 2j, 3j]
    assert x.real.dtype == bp.float32


def test_keywords_of_methods(backend: Any) -> None:
    x = bp.asarray(V, device=backend.name)
    assert x.sum(axis=0, keepdims=True).shape == (1, 3)
    assert x.std(axis=1, correction=1).shape == (2,)
    np.testing.assert_allclose(x.var(correction=1).item(), V.var(ddof=1), rtol=1e-12)
    assert x.squeeze(axis=()).shape == (2, 3)
    assert x[:1, :1].squeeze().shape == ()
    assert x[:1].squeeze(0).shape == x[:1].squeeze((0,)).shape == (3,)
    assert x.clip(max=0.5).max().item() == 0.5


def test_mistakes_in_methods() -> None:
    x = bp.ones((2, 3))
    for call, error, message in [
        (lambda: x.reshape(4, 2), ValueError, r"reshape: shape: got \(4, 2\), wanted one for the 6"),
        (lambda: x.sum(5), IndexError, r"axis: got 5, wanted -2 \.\. 1 for shape \(2, 3\)"),
        (lambda: x.unsqueeze(4), IndexError, r"expand_dims: axis: got 4"),
        (lambda: x.expand(3, 3), ValueError, r"broadcast_to: shape: got \(3, 3\)"),
        (lambda: x.expand(-1, 2, 3), ValueError, r"broadcast_to: shape: got \(-1, 2, 3\)"),
        (lambda: x.permute(0), ValueError, r"permute_dims: axes: got \(0,\), wanted all the 2"),
        (lambda: x.transpose(0, 2), IndexError, r"swapaxes: axis2: got 2"),
        (lambda: x.chunk(0), ValueError, r"chunk: chunks: got 0, wanted 1 or more"),
        (lambda: x.chunk(2, 2), IndexError, r"chunk: axis: got 2, wanted -2 \.\. 1"),
        (lambda: x.flatten(3), IndexError, r"flatten: start_dim: got 3"),
    ]:  # fmt: skip
        with pytest.raises(error, match=message):
            call()
