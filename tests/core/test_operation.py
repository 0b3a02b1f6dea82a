"""The short way into a primitive says and records what the general one does."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backprop import rules
from backprop.graph import switched
from backprop.operation import infix, prefix, reflected

BINARY = [rules.add, rules.subtract, rules.multiply, rules.divide, rules.power, rules.matmul]
UNARY = [rules.negative, rules.exp, rules.abs, rules.tanh, rules.square]


def _nodes(out: bp.Tensor) -> Any:
    node = out.node
    return node and (node.primitive, tuple(node.parents), node.static, node.shape, node.dtype)


def _host(value: Any) -> Any:
    return backends.of(value).to_host(value) if hasattr(value, "dtype") else value


def _same(a: bp.Tensor, b: bp.Tensor) -> None:
    assert type(a) is type(b) is bp.Tensor
    np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    assert _nodes(a) == _nodes(b)
    if a.node is not None:
        for v, w in zip(a.node.saved, b.node.saved, strict=True):
            assert v is w or (v is not None and np.array_equal(_host(v), _host(w)))


@pytest.mark.parametrize("primitive", BINARY, ids=lambda p: p.name)
@pytest.mark.parametrize("wants", [(True, True), (True, False), (False, True), (False, False)])
def test_two_tensors(primitive: Any, wants: Any, make: Any) -> None:
    x = make([[1.0, 2.0], [3.0, 4.0]], requires_grad=wants[0])
    y = make([[0.5, 1.5], [2.5, 3.5]], requires_grad=wants[1])
    _same(infix(primitive)(x, y), primitive(x, y))
    _same(reflected(primitive)(x, y), primitive(y, x))


@pytest.mark.parametrize("primitive", BINARY[:-1], ids=lambda p: p.name)
def test_a_tensor_and_a_number(primitive: Any, make: Any) -> None:
    x = make([1.0, 2.0])
    _same(infix(primitive)(x, 2.5), primitive(x, 2.5))
    _same(infix(primitive)(2.5, x), primitive(2.5, x))


@pytest.mark.parametrize("primitive", UNARY, ids=lambda p: p.name)
@pytest.mark.parametrize("wanted", [True, False])
def test_one_tensor(primitive: Any, wanted: bool, make: Any) -> None:
    x = make([1.0, -2.0], requires_grad=wanted)
    _same(prefix(primitive)(x), primitive(x))


def test_what_has_no_derivative_leaves_no_node(make: Any) -> None:
    x = make([1.0, -2.0])
    assert (x < 0).node is None
    assert prefix(rules.isnan)(x).node is None


def test_subclasses_give_plain_tensors() -> None:
    weight = bp.nn.Parameter(bp.asarray([1.0, 2.0]))
    for out in (weight * weight, weight * 2.0, 2.0 - weight, -weight, weight * bp.ones(2)):
        assert type(out) is bp.Tensor
        assert out.requires_grad


def test_what_does_not_belong_is_refused() -> None:
    x = bp.asarray([1.0, 2.0])
    with pytest.raises(TypeError, match=r"add: y is a numpy.ndarray, wanted a Tensor"):
        _ = x + np.ones(2)
    with pytest.raises(TypeError, match=r"exp: x is a float, wanted a Tensor.*asarray\(x\)"):
        prefix(rules.exp)(1.0)
    with pytest.raises(ValueError, match=r"x is on cpu, y is on strict"):
        _ = x + bp.asarray([1.0, 2.0], device="strict")


def test_recording_is_each_threads_own() -> None:
    """One thread inside no_grad does not stop another from recording, nor the other way round."""
    inside, done = threading.Event(), threading.Event()
    seen = []

    def silent() -> None:
        with bp.no_grad():
            inside.set()
            assert done.wait(10)
            seen.append((bp.asarray([1.0], requires_grad=True) * 2.0).requires_grad)

    thread = threading.Thread(target=silent)
    thread.start()
    assert inside.wait(10)
    assert switched.contexts == 1
    assert (bp.asarray([1.0], requires_grad=True) * 2.0).requires_grad
    done.set()
    thread.join()
    assert seen == [False]
    assert switched.contexts == 0


def test_the_count_of_contexts_survives_errors() -> None:
    with pytest.raises(KeyError), bp.no_grad(), bp.enable_grad():
        raise KeyError
    assert switched.contexts == 0
    assert bp.is_grad_enabled()


def test_kernels_of_each_dtype(backend: backends.Backend) -> None:
    """`prefix` looks a kernel up by itself: the first call of a dtype chooses it."""
    exp = prefix(rules.exp)
    for dtype in ("float32", "float64"):
        x = bp.ones(2, dtype=dtype, device=backend.name)
        assert exp(x).dtype == dtype == exp(x).dtype


@pytest.mark.parametrize("number", [np.float64(1.5), np.float32(1.5), np.int64(2), np.int8(2)])
def test_numpys_numbers_count_as_pythons(number: Any, make: Any) -> None:
    """They do not change the dtype, as arrays would."""
    x = make([1.0, 2.0], dtype="float32")
    for got, expected in [(x * number, x * number.item()), (number - x, number.item() - x)]:
        assert got.dtype == bp.float32
        assert got.requires_grad
        assert got.tolist() == expected.tolist()
    assert bp.maximum(x, number).tolist() == bp.maximum(x, number.item()).tolist()


def test_what_only_looks_like_a_number_is_refused() -> None:
    from decimal import Decimal

    with pytest.raises(TypeError, match=r"multiply: y is a decimal.Decimal, wanted a Tensor"):
        _ = bp.asarray([1.0]) * Decimal(2)
