"""checkpoint: the same values and derivatives, with less kept."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.autodiff import gradients
from backprop.primitive import Primitive
from backprop.rule import vjp

X = np.array([[0.5, -1.5, 2.0], [1.0, 0.3, -0.2]])
W = np.array([[0.3, -0.2, 0.5], [1.0, 0.4, -0.7], [0.1, 0.2, 0.9]])


def plainly(f: Any, *args: Any, **kwargs: Any) -> Any:
    return f(*args, **kwargs)


def same(a: Any, b: Any, rtol: float = 0.0) -> None:
    for x, y in zip(bp.tree.flatten(a)[0], bp.tree.flatten(b)[0], strict=True):
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol, atol=rtol)


# ---------------------------------------------------------------------------- what is kept


def saved_arrays(*results: bp.Tensor) -> dict[int, int]:
    """Bytes of each array that the graph behind the results keeps alive, by identity."""
    found: dict[int, int] = {}

    def note(value: Any) -> None:
        if isinstance(value, np.ndarray):
            found[id(value)] = value.nbytes
        elif isinstance(value, (tuple, list)):
            for v in value:
                note(v)
        elif hasattr(value, "leaves"):  # a checkpoint's run
            note(value.leaves)

    stack = [r.node for r in results]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if isinstance(node, bp.graph.Leaf):
            continue
        note(node.saved)
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return found


def chain(x: bp.Tensor, layers: int, layer: Any = bp.sin) -> bp.Tensor:
    for _ in range(layers):
        x = layer(x)
    return x


def in_segments(x: bp.Tensor, layers: int, length: int, layer: Any = bp.sin) -> bp.Tensor:
    for _ in range(layers // length):
        x = bp.checkpoint(chain, x, length, layer)
    return x


def halving(x: bp.Tensor, layers: int, layer: Any = bp.sin) -> bp.Tensor:
    if layers == 1:
        return layer(x)
    x = bp.checkpoint(halving, x, layers // 2, layer)
    return bp.checkpoint(halving, x, layers - layers // 2, layer)


class Count:
    """How many of the arrays that `counted_sin` made are alive, and were at most."""

    alive = most = 0

    def died(self) -> None:
        self.alive -= 1


count = Count()


def _counted_sin(x: Any) -> Any:
    out = np.sin(x)
    weakref.finalize(out, count.died)
    count.alive += 1
    count.most = max(count.most, count.alive)
    return out


counted_sin = Primitive("counted_sin", "x", _counted_sin)
vjp(counted_sin, lambda g, x: g * np.cos(x))


def test_a_long_chain_keeps_the_ends_of_its_segments() -> None:
    x = bp.asarray(np.ones(100), requires_grad=True)
    whole = sum(saved_arrays(chain(x, 1024)).values())
    assert whole == 1024 * 800
    assert sum(saved_arrays(in_segments(x, 1024, 32)).values()) == 32 * 800
    assert sum(saved_arrays(halving(x, 1024)).values()) == 2 * 800


def test_the_peak_of_a_backward_pass() -> None:
    """√n + √n at once instead of n; and with checkpoints inside of checkpoints, about log n."""
    start = np.full(3, 0.5)
    expected = bp.grad(lambda x: chain(x, 256).sum())(bp.asarray(start)).numpy()
    peaks = {}
    gc.collect()
    gc.disable()
    try:
        for name, f in [
            ("plain", lambda x: chain(x, 256, counted_sin)),
            ("segments", lambda x: in_segments(x, 256, 16, counted_sin)),
            ("halving", lambda x: halving(x, 256, counted_sin)),
        ]:
            count.alive = count.most = 0
            x = bp.asarray(start, requires_grad=True)
            f(x).sum().backward()
            assert count.alive == 0
            peaks[name] = count.most
            np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12)
    finally:
        gc.enable()
    assert 250 <= peaks["plain"] <= 260
    assert 24 <= peaks["segments"] <= 34
    assert 4 <= peaks["halving"] <= 20


def test_nothing_of_the_second_run_stays() -> None:
    x = bp.asarray(np.ones(100), requires_grad=True)
    y = in_segments(x, 64, 8)
    y.backward(bp.ones(100, dtype="float64"), retain_graph=True)
    assert sum(saved_arrays(y).values()) == 8 * 800
    y.backward(bp.ones(100, dtype="float64"))
    assert saved_arrays(y) == {}
    with pytest.raises(RuntimeError, match="checkpoint saved were already freed"):
        y.backward(bp.ones(100, dtype="float64"))


# ------------------------------------------------------------------- values and derivatives


def derivatives(run: Any, f: Any, args: Any) -> Any:
    """Values, gradients, Hessian-vector products and third derivatives of Σ sin f(...)."""

    def total(*args: Any) -> bp.Tensor:
        outs = [o for o in bp.tree.flatten(run(f, *args))[0] if isinstance(o, bp.Tensor)]
        terms = [bp.sin(o).sum() for o in outs if o.dtype.kind == "f"]
        return sum(terms[1:], terms[0])

    places = range(len(args))
    value, first = bp.value_and_grad(total, places)(*args)
    second = bp.hvp(total, args, args)
    third = bp.grad(
        lambda *a: sum((h.sum() for h in bp.tree.flatten(bp.hvp(total, a, args))[0][1:]),
                       bp.tree.flatten(bp.hvp(total, a, args))[0][0].sum()),
        places,
    )(*args)  # fmt: skip
    change = bp.jvp(total, args, args)[1]
    return value, first, second, third, change


FUNCTIONS = {
    "plain": lambda x, w: bp.tanh(x @ w),
    "an input used twice": lambda x, w: x * x + x[0] * (w @ w)[0],
    "several outputs": lambda x, w: (x @ w, [bp.exp(x), None], {"w": w * 2.0}),
    "an output that is an input": lambda x, w: (x, x @ w, w),
    "outputs used twice": lambda x, w: (lambda y: (y, y, y[0]))(bp.tanh(x @ w)),
    "integers and constants beside": lambda x, w: (
        x @ w,
        bp.argmax(x),
        3,
        "name",
        bp.zeros_like(x),
    ),
    "an unused input": lambda x, w: x * 2.0,
    "stop_gradient": lambda x, w: bp.stop_gradient(x @ w) * x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_every_order(name: str, make: Any) -> None:
    args = make(X).detach(), make(W).detach()
    expected = derivatives(plainly, FUNCTIONS[name], args)
    got = derivatives(bp.checkpoint, FUNCTIONS[name], args)
    same(got, expected, 1e-12)


def test_assignments_inside(make: Any) -> None:
    def f(x: bp.Tensor, w: bp.Tensor) -> bp.Tensor:
        y = x @ w
        y[0] = y[0] * y[1]
        x[:, 1] = y[:, 0] * 3.0
        return x * y

    args = make(X).detach(), make(W).detach()
    same(derivatives(bp.checkpoint, f, args), derivatives(plainly, f, args), 1e-12)
    np.testing.assert_array_equal(args[0].numpy(), X)
    x = make(X)
    bp.checkpoint(f, x, make(W)).sum().backward()
    np.testing.assert_array_equal(x.detach().numpy(), X)
    assert x.is_leaf


def test_trees_and_other_arguments(make: Any) -> None:
    def f(p: Any, n: int, *, scale: Any, name: str, extra: Any = None) -> Any:
        assert (n, name, extra) == (2, "layer", None)
        return {"y": (p["x"] ** n) @ p["w"][0] * scale["by"]}

    x, w, by = make(X), make(W), make(3.0)
    results = []
    for run in (plainly, bp.checkpoint):
        y = run(f, {"x": x, "w": [w]}, 2, scale={"by": by}, name="layer")["y"]
        results.append((y, gradients([y.sum()], [x, w, by])))
    same(*results)


def test_closures_over_variables(make: Any) -> None:
    """Of leaves, of results of theirs, and of both where one depends on the other."""
    x, w, v = make(X), make(W), make(2.0)
    results = []
    for run in (plainly, bp.checkpoint):
        h = bp.tanh(w) * v
        y = run(lambda x, h=h: (x @ h) * w[0] + v, x)
        first = gradients([(y * y).sum()], [x, w, v, h], create_graph=True)
        again = gradients([sum((g * g).sum() for g in first[:3])], [x, w, v], create_graph=True)
        third = gradients([sum((g * g).sum() for g in again)], [x, w, v])
        results.append((y, first, again, third))
    same(*results, 1e-11)
    bp.checkpoint(lambda: (v * v * w).sum()).backward()  # no arguments at all
    assert x.grad is None
    np.testing.assert_array_equal(w.grad.numpy(), np.full((3, 3), 4.0))


def test_a_network() -> None:
    """Module parameters, gathered in .grad, as without."""
    bp.manual_seed(0)
    model = bp.nn.Sequential(
        bp.nn.Linear(3, 8), bp.nn.Tanh(), bp.nn.Linear(8, 8), bp.nn.ReLU(), bp.nn.Linear(8, 2)
    )
    x, target = bp.asarray(X.astype("float32")), bp.asarray([1, 0])
    results = []
    for run in (plainly, bp.checkpoint):
        model.zero_grad()
        h = run(lambda x: model[3](model[2](model[1](model[0](x)))), x)
        loss = bp.nn.functional.cross_entropy(run(model[4], h), target)
        loss.backward()
        results.append([loss, *[p.grad for p in model.parameters()]])
    same(*results)


def test_a_network_in_an_arena() -> None:
    """An optimizer has backward write gradients in their places; and sees changes in between."""
    steps = []
    for run in (plainly, bp.checkpoint):
        bp.manual_seed(0)
        model = bp.nn.Sequential(bp.nn.Linear(3, 4), bp.nn.Tanh(), bp.nn.Linear(4, 2))
        optimizer = bp.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = bp.asarray(X.astype("float32"))
        for _ in range(3):
            optimizer.zero_grad()
            (run(model[2], run(lambda x, m=model: m[1](m[0](x)), x)) ** 2).sum().backward()
            optimizer.step()
        steps.append([p.detach() for p in model.parameters()])
    same(*steps)
    y = bp.checkpoint(model, x)
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"was changed in place after checkpoint used it"):
        y.sum().backward()


def test_dropout_drops_the_same() -> None:
    def f(x: bp.Tensor) -> bp.Tensor:
        return bp.nn.functional.dropout(bp.exp(x), 0.5) * bp.nn.functional.dropout(x, 0.3)

    results = []
    for run in (plainly, bp.checkpoint):
        bp.manual_seed(3)
        x = bp.asarray(np.linspace(-1, 1, 50), requires_grad=True)
        y = run(f, x)
        between = bp.rand(3)
        (y * y).sum().backward()
        results.append([y, between, x.grad, bp.rand(3)])  # the stream goes on where it was
    same(*results)
    assert 10 < np.count_nonzero(results[0][0].detach().numpy()) < 45


def test_defaults_of_the_first_run_hold_in_the_second() -> None:
    def f(x: bp.Tensor) -> bp.Tensor:
        seen.append((bp.get_default_dtype().name, bp.get_default_device()))
        return x * bp.ones(2)

    seen: list[Any] = []
    x = bp.asarray([1.0, 2.0], dtype="float64", device="strict", requires_grad=True)
    with bp.device("strict"):
        bp.set_default_dtype("float64")
        y = bp.checkpoint(f, x)
    bp.set_default_dtype("float32")
    y.sum().backward()
    assert seen == [("float64", "strict")] * 2
    assert (bp.get_default_dtype(), bp.get_default_device()) == (bp.float32, "cpu")
    assert x.grad.tolist() == [1.0, 1.0]


def test_complex(make: Any) -> None:
    z = make(np.array([0.3 + 0.4j, -1.0 + 0.2j]))
    f = lambda z: bp.abs(bp.exp(z) * z[0]) ** 2  # noqa: E731
    got, expected = (
        bp.grad(lambda z, run=run: run(f, z).sum())(z) for run in (bp.checkpoint, plainly)
    )
    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-13)
    assert bp.gradcheck(lambda z: bp.checkpoint(f, z), z, order=2)


@pytest.mark.parametrize("layers", [1, 2, 7, 16])
def test_checkpoints_inside_of_checkpoints(layers: int, make: Any) -> None:
    x = make([0.5, 1.0]).detach()
    for f in (bp.grad, bp.hessian, bp.jacobian, lambda f: bp.grad(lambda x: bp.hvp(f, x, x).sum())):
        got = f(lambda x: halving(x, layers).sum())(x)
        expected = f(lambda x: chain(x, layers).sum())(x)
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-12, atol=1e-13)


def test_under_no_grad(make: Any) -> None:
    calls = []

    def f(x: bp.Tensor) -> bp.Tensor:
        calls.append(bp.is_grad_enabled())
        return x * 2.0

    x = make([1.0, 2.0])
    with bp.no_grad():
        y = bp.checkpoint(f, x)
    assert not y.requires_grad
    y = bp.checkpoint(f, x.detach())
    assert not y.requires_grad
    with bp.enable_grad():
        y = bp.checkpoint(f, x).sum()
    with bp.no_grad():
        y.backward()  # recomputed with recording on all the same
    assert x.grad.tolist() == [2.0, 2.0]
    assert calls == [False, True, True, True]


def test_only_some_outputs_matter(make: Any) -> None:
    x = make([1.0, 2.0])
    a, b, c = bp.checkpoint(lambda x: (x * 2.0, x * 3.0, x.detach()), x)
    assert (b.requires_grad, c.requires_grad) == (True, False)
    b.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert a.requires_grad


def test_the_same_variable_as_two_arguments(make: Any) -> None:
    x = make([1.0, 2.0])
    bp.checkpoint(lambda a, b: a * a * b, x, x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]


# --------------------------------------------------------------------------------- errors


def test_changed_arguments_are_noticed(make: Any) -> None:
    x = make([1.0, 2.0])
    y = bp.checkpoint(lambda x: x * x, x)
    x.copy_(make([3.0, 4.0]))
    with pytest.raises(RuntimeError, match="changed in place after checkpoint used it"):
        y.sum().backward()


def test_changed_constants_are_noticed(make: Any) -> None:
    x, c = make([1.0, 2.0]), make([3.0, 4.0]).detach()
    y = bp.checkpoint(lambda x, c: x * c, x, c)
    c.copy_(make([5.0, 6.0]))
    with pytest.raises(RuntimeError, match="changed in place after checkpoint used it"):
        y.sum().backward()


def test_functions_that_do_something_else_the_second_time(make: Any) -> None:
    x, w = make([1.0, 2.0]), make([3.0, 4.0])
    calls: list[int] = []

    def other_variables(x: bp.Tensor) -> bp.Tensor:
        calls.append(1)
        return x * w if len(calls) > 1 else x * 2.0

    def no_history(x: bp.Tensor) -> bp.Tensor:
        calls.append(1)
        return x.detach() if len(calls) > 1 else x * 2.0

    def fewer(x: bp.Tensor) -> Any:
        calls.append(1)
        return x if len(calls) > 1 else (x, x * 2.0)

    for f in (other_variables, no_history, fewer):
        calls.clear()
        y = bp.checkpoint(f, x)
        total = y[1].sum() if isinstance(y, tuple) else y.sum()
        with pytest.raises(RuntimeError, match="did not do the same when it ran again"):
            total.backward()


def test_other_errors() -> None:
    x = bp.asarray([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="f: got a Tensor, wanted a function"):
        bp.checkpoint(x, x)
    with pytest.raises(TypeError, match=r"returned a set at \[1\], wanted Tensors and numbers"):
        bp.checkpoint(lambda x: (x, {1}), x)
    state = bp.default_generator().get_state()

    def fails(x: bp.Tensor) -> bp.Tensor:
        y = x * bp.rand(1)
        if calls:
            raise ZeroDivisionError
        calls.append(1)
        return y

    calls: list[int] = []
    y = bp.checkpoint(fails, x)
    after = bp.default_generator().get_state()
    assert after != state
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert bp.is_grad_enabled()
    assert bp.default_generator().get_state() == after
