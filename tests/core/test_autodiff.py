"""The reverse sweep and the derivatives built on it."""

from __future__ import annotations

import gc
import math
import sys
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backprop as bp
from backprop import rules
from backprop.autodiff import gradients


def variable(data: Any, dtype: str = "float64") -> bp.Tensor:
    return bp.asarray(np.array(data, dtype=dtype), requires_grad=True)


# ------------------------------------------------------------------------- backward


def test_gradients_add_up_in_leaves(make: Any) -> None:
    x = make([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).sum().backward()
        assert x.grad.tolist() == [2.0 * times, 4.0 * times]
    x.grad = None
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_an_argument_used_twice(make: Any) -> None:
    x = make([3.0])
    (x * x + x).sum().backward()
    assert x.grad.tolist() == [7.0]


def test_a_diamond(make: Any) -> None:
    """y = exp(x) feeds two paths that meet again: its gradient must be whole before it moves on."""
    x = make(0.5)
    y = rules.exp(x)
    (y * rules.sin(y)).backward()
    e = math.exp(0.5)
    assert float(x.grad) == pytest.approx(e * (math.sin(e) + e * math.cos(e)), rel=1e-14)


def test_a_leaf_is_its_own_result(make: Any) -> None:
    x = make(3.0)
    x.backward()
    assert float(x.grad) == 1.0


def test_seed_gradient(make: Any) -> None:
    x = make([1.0, 2.0])
    (x * x).backward(make([10.0, 100.0]).detach())
    assert x.grad.tolist() == [20.0, 400.0]


def test_seed_of_another_dtype_keeps_the_variables() -> None:
    x = variable([1.0, 2.0], "float32")
    (x * 3.0).backward(bp.asarray(np.ones(2)))
    assert x.grad.dtype == bp.float32


@pytest.mark.parametrize("shape", [(2,), (1, 1), (0,)])
def test_result_that_is_not_a_number(shape: Any) -> None:
    x = bp.asarray(np.ones(shape), requires_grad=True)
    with pytest.raises(ValueError, match="wanted a single number"):
        (x * 2).backward()


def test_seed_errors() -> None:
    x = variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), wanted the result's, \(2,\)"):
        (x * 2).backward(bp.asarray(np.ones(3)))
    with pytest.raises(TypeError, match="the gradient is a list, wanted a Tensor"):
        (x * 2).backward([1.0, 1.0])  # type: ignore[arg-type]


def test_result_without_history() -> None:
    with pytest.raises(RuntimeError, match="does not depend on any Tensor with requires_grad"):
        bp.asarray([1.0]).sum().backward()
    x = variable([1.0])
    with bp.no_grad():
        y = x.sum()
    with pytest.raises(RuntimeError, match="computed under no_grad"):
        y.backward()


def test_twice_needs_retain_graph(make: Any) -> None:
    x = make([1.0, 2.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    with pytest.raises(RuntimeError, match=r"already freed.*retain_graph=True"):
        y.backward()


def test_a_freed_graph_is_not_taken_for_a_constant() -> None:
    """Zeros instead of an error would be a silently wrong gradient."""
    x = variable([1.0, 2.0])
    h = x * x
    h.sum().backward()
    with pytest.raises(RuntimeError, match="already freed"):
        gradients([(h * 2).sum()], [x])
    with pytest.raises(RuntimeError, match="already freed"):
        (h * 2).sum().backward()


def test_create_graph(make: Any) -> None:
    x = make(2.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    assert float(first) == 12.0
    assert first.requires_grad
    x.grad = None
    first.backward()
    assert float(x.grad) == 12.0


def test_first_gradients_are_not_recorded(make: Any) -> None:
    x = make([2.0])
    (x**3).sum().backward()
    assert not x.grad.requires_grad


def test_grad_can_be_set(make: Any) -> None:
    x = make([1.0, 2.0])
    x.grad = make([10.0, 20.0]).detach()
    (x * 1.0).sum().backward()
    assert x.grad.tolist() == [11.0, 21.0]
    with pytest.raises(ValueError, match=r"got shape \(3,\), wanted the tensor's, \(2,\)"):
        x.grad = bp.zeros(3)
    with pytest.raises(RuntimeError, match="only a variable"):
        (x * 2).grad = bp.zeros(2)
    with pytest.warns(UserWarning, match="grad: only a variable .* is the result of multiply"):
        assert (x * 2).grad is None


def test_grad_set_in_another_dtype_becomes_the_variables() -> None:
    x = variable([1.0, 2.0], "float32")
    x.grad = bp.asarray(np.ones(2))
    assert x.grad.dtype == bp.float32


def test_each_variable_owns_its_gradient() -> None:
    """x + w hands the same array to both, and sum's is a read-only view: neither may show."""
    x, w = variable([1.0, 2.0]), variable([3.0, 4.0])
    seed = bp.asarray(np.ones(2))
    (x + w).backward(seed)
    x.grad.copy_(bp.asarray([5.0, 5.0], dtype="float64"))
    assert w.grad.tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]
    w.grad = None
    w.sum().backward()
    w.grad.copy_(bp.asarray([7.0, 8.0], dtype="float64"))
    assert w.grad.tolist() == [7.0, 8.0]


def test_only_what_wants_a_gradient_gets_one(make: Any) -> None:
    x, c = make([1.0, 2.0]), make([3.0, 4.0]).detach()
    (x * c).sum().backward()
    assert c.grad is None
    assert x.grad.tolist() == [3.0, 4.0]


# ---------------------------------------------------------------- grad and value_and_grad


def test_grad_of_a_function() -> None:
    value, slope = bp.value_and_grad(lambda x: (x * x).sum())(bp.asarray([1.0, 2.0]))
    assert float(value) == 5.0
    assert slope.tolist() == [2.0, 4.0]
    assert not value.requires_grad
    assert not slope.requires_grad


def test_grad_leaves_grad_alone() -> None:
    x = variable([1.0, 2.0])
    bp.grad(lambda v: (v * x).sum())(x)
    assert x.grad is None


def test_the_result_may_be_the_argument() -> None:
    assert float(bp.grad(lambda x: x)(3.0)) == 1.0
    (a, b), (ga, gb) = bp.value_and_grad(lambda x, y: (y, x), (0, 1), has_aux=True)(2.0, 3.0)
    assert (float(a), float(b)) == (3.0, 2.0)
    assert (float(ga), float(gb)) == (0.0, 1.0)


def test_unused_arguments_get_zeros(make: Any) -> None:
    x, y = make([[1.0, 2.0]]).detach(), make([3.0]).detach()
    gx, gy = bp.grad(lambda x, y: (y * y).sum(), (0, 1))(x, y)
    assert gx.tolist() == [[0.0, 0.0]]
    assert gx.device == x.device
    assert gy.tolist() == [6.0]
    assert bp.grad(lambda x: bp.asarray(1.0))(2.0).item() == 0.0


def test_argnums() -> None:
    f = lambda x, y, z: x * y**2 * z**3  # noqa: E731
    at = (2.0, 3.0, 5.0)
    slopes = (9 * 125, 2 * 2 * 3 * 125, 2 * 9 * 3 * 25)
    for i, expected in enumerate(slopes):
        assert float(bp.grad(f, i)(*at)) == expected
        assert float(bp.grad(f, i - 3)(*at)) == expected
    got = bp.grad(f, (2, 0))(*at)
    assert isinstance(got, tuple)
    assert [float(g) for g in got] == [slopes[2], slopes[0]]
    assert [float(g) for g in bp.grad(f, [-1])(*at)] == [slopes[2]]
    with pytest.raises(ValueError, match=r"argnums: got 3, but .* was called with 3 arguments"):
        bp.grad(f, 3)(*at)
    with pytest.raises(ValueError, match="argnums: got -4"):
        bp.grad(f, -4)(*at)


def test_has_aux_and_keywords() -> None:
    def f(x: bp.Tensor, *, power: int) -> tuple[bp.Tensor, str]:
        return x**power, "aside"

    (value, aside), slope = bp.value_and_grad(f, has_aux=True)(2.0, power=3)
    assert (float(value), aside, float(slope)) == (8.0, "aside", 12.0)


def test_errors_of_grad() -> None:
    with pytest.raises(ValueError, match=r"the result has shape \(2,\)"):
        bp.grad(lambda x: x * 2)(bp.asarray([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"the result has shape \(2,\)"):
        bp.grad(lambda x: bp.zeros(2))(1.0)
    with pytest.raises(
        TypeError, match=r"argument 0 of <lambda>: dtype int64, wanted a floating-point"
    ):
        bp.grad(lambda x: x.sum())(bp.asarray([1, 2]))
    with pytest.raises(TypeError, match="returned a float, wanted a Tensor"):
        bp.grad(lambda x: float(x))(1.0)


@pytest.mark.parametrize(
    ("n", "expected"), [(1, 80.0), (2, 160.0), (3, 240.0), (4, 240.0), (5, 120.0), (6, 0.0)]
)
def test_nested_grad(n: int, expected: float) -> None:
    """The n-th derivative of x^5 at 2 (80 = 5 * 2^4, ...)."""
    f = lambda x: x**5  # noqa: E731
    for _ in range(n):
        f = bp.grad(f)
    assert float(f(2.0)) == expected


def test_perturbation_confusion() -> None:
    """d/dx [x * d/dy (x + y)] = d/dx [x * 1] = 1; confusing the two levels gives 2."""
    inner = lambda x: bp.grad(lambda y: x + y)(1.0)  # noqa: E731
    assert float(bp.grad(lambda x: x * inner(x))(1.0)) == 1.0


def test_closure_over_the_outer_variable() -> None:
    """d/dx d/dy (x² y³) at y = x: the inner one is 3 x² y² = 3 x^4, so the outer 12 x³."""
    f = lambda x: bp.grad(lambda y: x * x * y**3)(x)  # noqa: E731
    assert float(bp.grad(f)(2.0)) == 96.0


def test_closure_over_a_variable_with_requires_grad() -> None:
    w = variable(3.0)
    slope = bp.grad(lambda x: w * x * x)(2.0)
    assert float(slope) == 12.0
    slope.backward()
    assert float(w.grad) == 4.0


def test_hessian_against_the_formula() -> None:
    """f = sum of exp(x_i x_j): row by row through gradients of gradients."""
    a = np.array([0.1, -0.4, 0.7])
    x = variable(a)
    (g,) = gradients([rules.exp(x.unsqueeze(1) * x.unsqueeze(0)).sum()], [x], create_graph=True)
    rows = [gradients([g[i]], [x], retain_graph=True)[0].numpy() for i in range(3)]
    e = np.exp(np.outer(a, a))
    expected = 2 * e * (1 + np.outer(a, a))
    expected += np.diag(2 * (e @ (a * a)))
    np.testing.assert_allclose(rows, expected, rtol=1e-13)


def test_grad_under_no_grad() -> None:
    """It differentiates all the same, and its result is a constant outside."""
    x = variable(2.0)
    with bp.no_grad():
        value, slope = bp.value_and_grad(lambda v: v * x)(x)
    assert float(slope) == 2.0
    assert not value.requires_grad
    assert not slope.requires_grad


# ------------------------------------------------------------------------ gradients()


def test_with_respect_to_intermediate_results(make: Any) -> None:
    x = make([1.0, 2.0])
    h = x * 3
    y = (h * h).sum()
    gh, gx = gradients([y], [h, x])
    assert gh.tolist() == [6.0, 12.0]
    assert gx.tolist() == [18.0, 36.0]
    assert x.grad is None


def test_what_lies_beyond_the_inputs_is_left_alone() -> None:
    """Asking for d y / d h must not free what made h, nor run its backward."""
    calls = []

    class Double(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            calls.append(g)
            return g * 2

    x = variable([1.0, 2.0])
    for h in (
        x * x,
        Double.apply(x),
        rules.softmax_cross_entropy(bp.stack([x, x]), bp.asarray([0, 1]), ignore_index=None)[0],
    ):
        (g,) = gradients([(h * h).sum()], [h])
        np.testing.assert_allclose(g.numpy(), 2 * h.detach().numpy())
        assert calls == []
        h.sum().backward()
        assert x.grad is not None
        calls.clear()


def test_outputs_add_up_and_unrelated_inputs_get_none(make: Any) -> None:
    x, other = make(2.0), make(3.0)
    g, none = gradients([x * x, x * 5], [x, other])
    assert float(g) == 9.0
    assert none is None
    (g,) = gradients([x * x, x * 5], [x], [make(10.0).detach(), make(100.0).detach()])
    assert float(g) == 540.0
    assert float(gradients([x], [x])[0]) == 1.0


def test_gradients_needs_an_input_that_requires_one() -> None:
    x = variable(1.0)
    with pytest.raises(ValueError, match=r"inputs\[1\] does not require a gradient"):
        gradients([x * x], [x, bp.asarray(1.0)])


# ------------------------------------------------------------------ recording or not


def test_no_grad_as_context_and_decorator() -> None:
    x = variable(1.0)
    with bp.no_grad():
        assert not bp.is_grad_enabled()
        assert not (x * 2).requires_grad
        with bp.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad

    @bp.no_grad()
    def f(x: bp.Tensor) -> bp.Tensor:
        """Doubles."""
        return x * 2

    assert not f(x).requires_grad
    assert f.__doc__ == "Doubles."
    assert bp.is_grad_enabled()


def test_recording_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), bp.no_grad():
        raise ZeroDivisionError
    assert bp.is_grad_enabled()


def test_no_grad_is_of_its_thread() -> None:
    seen = []
    with bp.no_grad():
        thread = threading.Thread(target=lambda: seen.append(bp.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_detach(make: Any) -> None:
    x = make([3.0])
    y = x.detach()
    assert not y.requires_grad
    (x * y).sum().backward()
    assert x.grad.tolist() == [3.0]


# -------------------------------------------------------------------- changes in place


def test_a_changed_variable_is_noticed(make: Any) -> None:
    x, w = make([1.0, 2.0]), make([3.0, 4.0])
    y = (x * w).sum()
    w.copy_(make([0.0, 0.0]))
    with pytest.raises(RuntimeError, match=r"value of shape \(2,\) was changed in place.*multiply"):
        y.backward()


@pytest.mark.parametrize(
    "view",
    [
        lambda w: w.T,
        lambda w: w.reshape(4),
        lambda w: w[0],
        lambda w: w[:, 1:],
        lambda w: w.permute(1, 0),
        lambda w: w.unsqueeze(0).expand(3, 2, 2),
        lambda w: w.T.reshape(2, 2).T,
    ],
)
def test_a_change_is_noticed_through_views(view: Any) -> None:
    """x @ W.T keeps a view of W: the lecture's form of a layer, and an optimizer's step between."""
    w = variable([[1.0, 2.0], [3.0, 4.0]])
    v = view(w)
    y = (v * v).sum()
    w.copy_(w.detach() * 2)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize(
    "seen_from",
    [
        lambda w: w,
        lambda w: w.detach(),
        lambda w: w.detach().mT,
        lambda w: w.detach()[:, 0],
        lambda w: w.detach()[1, ::-1],
    ],
)
@pytest.mark.parametrize("wants_gradient", [True, False])
def test_a_change_is_noticed_by_all_that_share_the_memory(
    make: Any, seen_from: Any, wants_gradient: bool
) -> None:
    """Constants too: they have no place in the graph that could tell."""
    x, w = make([[1.0, 2.0], [3.0, 4.0]]), make([[5.0, 6.0], [7.0, 8.0]])
    y = (x * (w if wants_gradient else w.detach())).sum()
    seen = seen_from(w)
    with bp.no_grad():
        seen.copy_(seen * 0.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_change_of_a_result_that_was_kept(make: Any) -> None:
    x = make([1.0, 2.0])
    y = rules.exp(x)
    y.detach().copy_(make([0.0, 0.0]))
    with pytest.raises(
        RuntimeError, match=r"value of shape \(2,\) was changed in place after exp used it"
    ):
        y.sum().backward()


def test_a_change_of_its_neighbours_is_fine(make: Any) -> None:
    x, w = make([1.0, 2.0]), make([[3.0, 4.0], [5.0, 6.0]]).detach()
    y = (x * w[0]).sum()
    w[1].copy_(make([0.0, 0.0]))
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_a_change_of_memory_that_was_free_since_is_fine() -> None:
    """New arrays often lie where old ones lay."""
    x = variable(np.ones(1000))
    for _ in range(20):
        bp.asarray(np.zeros(1000)).copy_(np.ones(1000))
        (x * bp.asarray(np.ones(1000))).sum().backward()


def test_many_changes_are_remembered_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bp.changes, "_MOST", 3)
    monkeypatch.setattr(bp.changes, "_stretches", {})
    x, c = variable([1.0, 2.0]), bp.asarray([3.0, 4.0], dtype="float64")
    y = (x * c).sum()
    c.copy_([0.0, 0.0])
    others = bp.asarray(np.zeros(20))
    for i in range(20):
        others[i : i + 1].copy_([1.0])
    assert len(bp.changes._stretches) <= 3
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_an_optimizers_step_is_noticed_by_constants() -> None:
    """The detached parameter of a target network, say."""
    w, x = variable([1.0, 2.0]), variable([3.0, 4.0])
    optimizer = bp.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    y = (x * w.detach()).sum()
    (w * w).sum().backward()
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place after multiply used it"):
        y.backward()


def test_a_change_that_no_rule_minds(make: Any) -> None:
    """add keeps nothing, exp keeps its result only."""
    x = make([1.0, 2.0])
    y = (rules.exp(x) + x).sum()
    x.copy_(make([0.0, 0.0]))
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]) + 1, rtol=1e-15)


def test_a_change_before_the_forward_pass_is_fine(make: Any) -> None:
    x = make([1.0, 2.0])
    t = x.reshape(2, 1)
    x.copy_(make([5.0, 6.0]))
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 12.0]
    x.grad = None
    (t * t).sum().backward()  # t was made before the change but used after it
    assert x.grad.tolist() == [10.0, 12.0]


# ------------------------------------------------------------------------------ memory


def test_saved_values_are_freed_by_backward() -> None:
    x = variable(np.ones(5))
    h = rules.exp(x)
    y = (h * h).sum()
    saved = weakref.ref(h.data)
    del h
    assert saved() is not None
    y.backward()
    assert saved() is None


def test_what_no_rule_names_is_not_kept() -> None:
    x = variable(np.ones(5))
    h = x * 2.0
    y = (h + 1.0).sum()
    array = weakref.ref(h.data)
    del h
    assert array() is None
    y.backward()
    assert x.grad.tolist() == [2.0] * 5


@pytest.fixture
def no_collector() -> Any:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _graph(x: bp.Tensor) -> bp.Tensor:
    logits = rules.tanh(x @ x.T)
    loss, probs = rules.softmax_cross_entropy(logits, bp.asarray([0, 1]), ignore_index=None)
    return (loss * probs[:, 0]).sum()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("how", ["dropped", "backward", "create_graph", "error"])
def test_no_reference_cycles(how: str) -> None:
    """With the collector off, memory goes when the last reference does."""
    x = variable([[1.0, 2.0], [3.0, 4.0]])
    y = _graph(x)
    nodes = [
        weakref.ref(y),
        weakref.ref(y.data) if isinstance(y.data, np.ndarray) else weakref.ref(y),
    ]
    h = rules.exp(x)
    y = y + (h * h).sum()
    nodes += [weakref.ref(h), weakref.ref(h.data)]
    if how == "backward":
        y.backward()
    elif how == "create_graph":
        y.backward(create_graph=True)
        x.grad = None
    elif how == "error":
        x.copy_(x.detach())
        try:
            y.backward()
        except RuntimeError:
            pass
        else:
            pytest.fail("the change went unnoticed")
    del h, y
    assert [n() for n in nodes] == [None] * len(nodes)
    own = weakref.ref(x)
    del x
    assert own() is None


@pytest.mark.usefixtures("no_collector")
def test_grad_makes_no_cycles() -> None:
    seen = []

    def f(x: bp.Tensor) -> bp.Tensor:
        h = rules.exp(x)
        seen.append(weakref.ref(h.data))
        return (h * h).sum()

    slope = bp.grad(lambda x: bp.grad(f)(x).sum())(bp.asarray(np.ones(4)))
    np.testing.assert_allclose(slope.numpy(), 4 * np.exp(2) * np.ones(4))
    assert seen[0]() is None


@pytest.mark.usefixtures("no_collector")
def test_a_chain_of_a_million_nodes() -> None:
    """Neither the sweep nor the deletion of a graph recurses, and all memory comes back."""
    x = variable(1.0)
    before = sys.getallocatedblocks()
    y = x
    for _ in range(1_000_000):
        y = y + x
    assert sys.getallocatedblocks() > before + 2_000_000
    y.backward()
    assert float(x.grad) == 1_000_001.0
    x.grad = None
    for _ in range(1_000_000):
        y = -y
    del y
    assert sys.getallocatedblocks() < before + 100_000  # what Python keeps for reuse


@pytest.mark.usefixtures("no_collector")
def test_transformations_of_a_long_chain() -> None:
    def f(v: bp.Tensor) -> bp.Tensor:
        return _chain(v * v, 100_000)

    one, two = bp.asarray(1.0, dtype="float64"), bp.asarray(2.0, dtype="float64")
    assert float(bp.grad(f)(two)) == 4.0
    assert float(bp.grad(bp.grad(f))(two)) == 2.0
    assert float(bp.jvp(f, [two], [one])[1]) == 4.0


def test_gradients_through_a_long_chain() -> None:
    x = variable(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0
    assert float(gradients([y], [x])[0]) == 1.0
    assert float(bp.grad(lambda v: _chain(v, 20_000))(1.0)) == 1.0


def _chain(v: bp.Tensor, n: int) -> bp.Tensor:
    for _ in range(n):
        v = v * 1.0
    return v


# --------------------------------------------------- several outputs, dtypes, broadcasting


def test_several_outputs_add_up(make: Any) -> None:
    """Both outputs of one node, each used twice, at once and alone."""
    logits = np.array([[0.2, -1.0, 0.5], [1.0, 0.0, -0.3]])
    target = make(np.array([2, 0]))

    def total(x: bp.Tensor, a: float, b: float) -> bp.Tensor:
        loss, probs = rules.softmax_cross_entropy(x, target, ignore_index=None)
        return (
            a * (loss * loss).sum()
            + b * (probs * probs).sum()
            + (a * b) * (loss * probs[:, 1]).sum()
        )

    for a, b in [(1.0, 0.0), (0.0, 1.0), (2.0, 3.0)]:
        assert bp.gradcheck(lambda x, a=a, b=b: total(x, a, b), [make(logits).detach()], order=2)
    x = make(logits)
    loss, _ = rules.softmax_cross_entropy(x, target, ignore_index=None)
    loss.sum().backward()
    e = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(x.grad.numpy(), e - np.eye(3)[[2, 0]], rtol=1e-14)


def test_mixed_dtypes(make: Any) -> None:
    x, y = make([1.0, 2.0], "float32"), make([[3.0], [4.0]])
    out = (x * y).sum()
    assert out.dtype == bp.float64
    out.backward()
    assert (x.grad.dtype, y.grad.dtype) == (bp.float32, bp.float64)
    assert x.grad.tolist() == [7.0, 7.0]
    assert y.grad.tolist() == [[3.0], [3.0]]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 3), (2, 3), (1, 1, 1)])
def test_gradients_have_the_shape_of_their_variable(shape: Any, make: Any) -> None:
    x = make(np.ones(shape))
    full = make(np.ones((4, 2, 3)))
    (x * full).sum().backward()
    assert x.grad.shape == shape
    np.testing.assert_array_equal(x.grad.numpy(), np.full(shape, 24 / math.prod(shape)))


def test_intermediate_gradients_have_the_shape_of_their_result(make: Any) -> None:
    x = make([1.0, 2.0, 3.0])
    h = x * 2
    (g,) = gradients([(h * make(np.ones((4, 3)))).sum()], [h])
    assert g.tolist() == [4.0, 4.0, 4.0]


def test_one_step_of_a_gradient_penalty() -> None:
    """The critic's loss of a Wasserstein GAN, (|d D(x)/dx| - 1)², and its gradient."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    w1, w2, x = rng.normal(size=(5, 3)), rng.normal(size=(1, 5)), rng.normal(size=(4, 3))

    a, b, v = variable(w1), variable(w2), variable(x)
    score = rules.tanh(v @ a.T) @ b.T
    (slope,) = gradients([score.sum()], [v], create_graph=True)
    penalty = ((rules.sqrt((slope * slope).sum(axis=1)) - 1.0) ** 2).mean()
    (score.mean() + 10.0 * penalty).backward()

    ta, tb, tv = (torch.tensor(t, requires_grad=True) for t in (w1, w2, x))
    score = torch.tanh(tv @ ta.T) @ tb.T
    (slope,) = torch.autograd.grad(score.sum(), tv, create_graph=True)
    penalty = (((slope * slope).sum(1).sqrt() - 1.0) ** 2).mean()
    (score.mean() + 10.0 * penalty).backward()
    for ours, theirs in [(a, ta), (b, tb), (v, tv)]:
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-11, atol=1e-12)


# ------------------------------------------------------------------ random expressions

_UNARY = {
    "tanh": (lambda x: rules.tanh(x), lambda t: t.tanh()),
    "sigmoid": (lambda x: rules.sigmoid(x), lambda t: t.sigmoid()),
    "sin": (lambda x: rules.sin(x), lambda t: t.sin()),
    "softplus": (lambda x: rules.softplus(x), lambda t: t.exp().log1p()),
    "square": (lambda x: x * x * 0.3, lambda t: t * t * 0.3),
    "negative": (lambda x: -x, lambda t: -t),
    "transpose": (lambda x: x.T, lambda t: t.T),
    "row": (lambda x: x[1:], lambda t: t[1:]),
    "sum": (lambda x: x.sum(axis=0, keepdims=True), lambda t: t.sum(0, keepdim=True)),
    "mean": (lambda x: x.mean(axis=-1, keepdims=True), lambda t: t.mean(-1, keepdim=True)),
    "expand": (lambda x: x + bp.ones((2, 2), dtype="float64"), lambda t: t + t.new_ones((2, 2))),
    "softmax": (lambda x: rules.softmax(x, axis=1), lambda t: t.softmax(1)),
}
_BINARY = {
    "add": (lambda x, y: x + y, lambda t, u: t + u),
    "subtract": (lambda x, y: x - y, lambda t, u: t - u),
    "multiply": (lambda x, y: x * y, lambda t, u: t * u),
    "divide": (lambda x, y: x / (y * y + 1.0), lambda t, u: t / (u * u + 1.0)),
    "matmul": (lambda x, y: x @ y.T @ y, lambda t, u: t @ u.T @ u),
    "maximum": (rules.maximum, lambda t, u: pytest.importorskip("torch").maximum(t, u)),
}
_step = st.tuples(st.sampled_from([*_UNARY, *_BINARY]), st.integers(0, 9), st.integers(0, 9))


def _fits(op: str, x: tuple[int, ...], y: tuple[int, ...]) -> bool:
    if op == "row":
        return x[0] > 1
    if op == "expand":
        return all(n in (1, 2) for n in x)
    if op == "matmul":
        return x[1] == y[1]
    return op in _UNARY or all(n == m or 1 in (n, m) for n, m in zip(x, y, strict=True))


def _run(steps: Any, leaves: list[Any], side: int) -> Any:
    """Each step takes earlier results; one whose shapes do not fit is left out."""
    values = list(leaves)
    for op, i, j in steps:
        x, y = values[i % len(values)], values[j % len(values)]
        if _fits(op, tuple(x.shape), tuple(y.shape)):
            values.append(_UNARY[op][side](x) if op in _UNARY else _BINARY[op][side](x, y))
    total = values[-1].sum()
    for v in values[len(leaves) : -1]:  # nothing dangles
        total = total + v.sum() * 0.5
    return total


@given(st.lists(_step, min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_random_expressions_against_torch(steps: Any, seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-1, 1, shape) for shape in [(2, 2), (1, 2), (2, 1)]]
    ours = [variable(a) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    value, expected = _run(steps, ours, 0), _run(steps, theirs, 1)
    assert float(value) == pytest.approx(expected.item(), rel=1e-10, abs=1e-10)
    if not expected.requires_grad:
        assert not value.requires_grad
        return

    def second(xs: Any, total: Any, grad: Any) -> list[Any]:
        first = [g for g in grad(total, xs) if g is not None]
        energy = sum((g * g).sum() for g in first)
        return [first, grad(energy, xs)] if energy.requires_grad else [first, [None] * 3]

    got = second(ours, value, lambda y, xs: gradients([y], xs, create_graph=True))
    want = second(
        theirs,
        expected,
        lambda y, xs: torch.autograd.grad(y, xs, create_graph=True, allow_unused=True),
    )
    for a, b in zip(got, want, strict=True):
        for g, t in zip(a, b, strict=True):
            if t is not None and g is not None:
                np.testing.assert_allclose(
                    g.detach().numpy(), t.detach().numpy(), rtol=1e-9, atol=1e-9
                )
            else:
                other = t if g is None else g
                assert other is None or not np.any(other.detach().numpy())


@given(st.lists(_step, min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_transformations_of_random_expressions_agree(steps: Any, seed: int) -> None:
    """jvp, hvp, both kinds of Jacobian and checkpoint with the gradient, which is PyTorch's."""
    rng = np.random.default_rng(seed)
    shapes = [(2, 2), (1, 2), (2, 1)]
    xs, vs = ([bp.asarray(rng.uniform(-1, 1, s)) for s in shapes] for _ in range(2))
    f = lambda *xs: _run(steps, xs, 0)  # noqa: E731
    places = range(len(xs))
    slopes = bp.grad(f, places)(*xs)

    def dot(a: Any, b: Any) -> bp.Tensor:
        return sum(((x * y).sum() for x, y in zip(a, b, strict=True)), bp.asarray(0.0))

    def close(a: Any, b: Any) -> None:
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-9, atol=1e-10)

    close([bp.jvp(f, xs, vs)[1]], [dot(slopes, vs)])
    close(bp.grad(lambda *xs: bp.checkpoint(f, *xs), places)(*xs), slopes)
    for mode in ("forward", "reverse"):
        close(bp.jacobian(f, places, mode)(*xs), slopes)
    second = bp.grad(lambda *xs: dot(bp.grad(f, places)(*xs), vs), places)(*xs)
    close(bp.hvp(f, xs, vs), second)
    close(bp.jvp(bp.grad(f, places), xs, vs)[1], second)


def test_an_item_is_like_any_result() -> None:
    """One output of several, kept while the other goes."""
    x = variable([[0.1, 0.2]])
    loss = rules.softmax_cross_entropy(x, bp.asarray([0]), ignore_index=None)[0]
    (g,) = gradients([loss.sum()], [loss])
    assert g.tolist() == [1.0]
    loss.sum().backward()
    assert x.grad is not None
