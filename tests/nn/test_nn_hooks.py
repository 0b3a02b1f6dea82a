"""Hooks: what they are called with, in which order, what they may replace; as in PyTorch."""

from __future__ import annotations

import copy
import gc
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import backprop as bp

WEIGHT = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
X = np.array([[1.0, -1.0], [2.0, 0.5]])


class Ours:
    nn = bp.nn

    def tensor(self, a: np.ndarray, variable: bool = False) -> Any:
        return bp.asarray(a, requires_grad=variable)

    def layer(self) -> Any:
        layer = bp.nn.Linear(2, 3, bias=False, dtype="float64")
        layer.load_state_dict({"weight": WEIGHT})
        return layer


class Theirs:
    def __init__(self, torch: Any) -> None:
        self.torch, self.nn = torch, torch.nn

    def tensor(self, a: np.ndarray, variable: bool = False) -> Any:
        return self.torch.tensor(a, requires_grad=variable)

    def layer(self) -> Any:
        layer = self.nn.Linear(2, 3, bias=False, dtype=self.torch.float64)
        layer.load_state_dict({"weight": self.torch.tensor(WEIGHT)})
        return layer


def _host(value: Any) -> Any:
    """Tensors as nested lists, the structure around them as it is."""
    if isinstance(value, (tuple, list)):
        return tuple(_host(v) for v in value)
    if isinstance(value, dict):
        return {k: _host(v) for k, v in value.items()}
    return value.detach().numpy().tolist() if hasattr(value, "detach") else value


class _Two:
    """Two inputs, two outputs; made in either library."""

    @staticmethod
    def make(library: Any) -> Any:
        class Two(library.nn.Module):  # type: ignore[misc]
            def forward(self, x: Any, scale: float, y: Any, *, shift: float = 0.0) -> Any:
                return x * scale + y, x * y + shift

        return Two()


# Each script is run in both libraries, and tells what happened: lists, numbers and None.


def _order(library: Any) -> Any:
    layer, seen = library.layer(), []
    for name, prepend in [("a", False), ("b", True), ("c", False)]:
        layer.register_forward_pre_hook(
            lambda m, i, n=name: seen.append(f"pre {n}"), prepend=prepend
        )
        layer.register_forward_hook(
            lambda m, i, o, n=name: seen.append(f"post {n}"), prepend=prepend
        )
        layer.register_full_backward_pre_hook(
            lambda m, g, n=name: seen.append(f"bpre {n}"), prepend
        )
        layer.register_full_backward_hook(
            lambda m, i, o, n=name: seen.append(f"back {n}"), prepend=prepend
        )
    layer(library.tensor(X, True)).sum().backward()
    return seen


def _replacing(library: Any) -> Any:
    layer, seen = library.layer(), []
    layer.register_forward_pre_hook(lambda m, args: args[0] * 2)
    layer.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    layer.register_forward_hook(lambda m, args, out: seen.append((args, out)))
    layer.register_forward_hook(lambda m, args, out: out * 10)
    out = layer(library.tensor(X))
    return seen, out


def _keywords(library: Any) -> Any:
    module, seen = _Two.make(library), []
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {**kwargs, "shift": kwargs["shift"] + 1}), with_kwargs=True
    )
    module.register_forward_pre_hook(lambda m, args, kwargs: seen.append(kwargs), with_kwargs=True)
    module.register_forward_hook(
        lambda m, args, kwargs, out: seen.append((args, kwargs, out)), with_kwargs=True
    )
    x, y = library.tensor(X), library.tensor(X + 1)
    return seen, module(x, 2.0, y, shift=3.0)


def _gradients(library: Any) -> Any:
    layer, seen = library.layer(), []
    layer.register_full_backward_pre_hook(lambda m, g: seen.append(g))
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    x = library.tensor(X, True)
    (layer(x) * library.tensor(np.arange(6.0).reshape(2, 3))).sum().backward()
    return seen, x.grad, layer.weight.grad


def _replacing_gradients(library: Any) -> Any:
    layer, seen = library.layer(), []
    layer.register_full_backward_pre_hook(lambda m, g: (g[0] * 3,))
    layer.register_full_backward_hook(lambda m, i, o: (i[0] + 1,))
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    x = library.tensor(X, True)
    layer(x).sum().backward()
    return seen, x.grad, layer.weight.grad


def _several(library: Any) -> Any:
    module, seen = _Two.make(library), []
    module.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    x, y = library.tensor(X, True), library.tensor(X + 1, True)
    a, b = module(x, 2.0, y)
    (a * b).sum().backward()
    return seen, x.grad, y.grad


def _unused(library: Any) -> Any:
    """An output that nothing uses, an input that nothing depends on."""
    module, seen = _Two.make(library), []
    module.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    x, y = library.tensor(X, True), library.tensor(X + 1)
    module(x, 2.0, y)[0].sum().backward()
    return seen, x.grad


def _twice(library: Any) -> Any:
    """Run twice before going back: each call has gradients of its own."""
    layer, seen = library.layer(), []
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    x = library.tensor(X, True)
    (layer(x).sum() + (layer(x * 2) * 5).sum()).backward()
    return seen, x.grad


def _no_input(library: Any) -> Any:
    layer, seen = library.layer(), []
    layer.register_full_backward_hook(lambda m, i, o: seen.append((i, o)))
    layer(library.tensor(X)).sum().backward()
    return seen, layer.weight.grad


def _removed(library: Any) -> Any:
    layer, seen = library.layer(), []
    handles = [
        layer.register_forward_hook(lambda m, i, o: seen.append("post")),
        layer.register_forward_pre_hook(lambda m, i: seen.append("pre")),
        layer.register_full_backward_hook(lambda m, i, o: seen.append("back")),
        layer.register_full_backward_pre_hook(lambda m, o: seen.append("back pre")),
    ]
    for handle in handles:
        layer(library.tensor(X, True)).sum().backward()
        handle.remove()
        handle.remove()
    with layer.register_forward_hook(lambda m, i, o: seen.append("in a context")):
        layer(library.tensor(X))
    layer(library.tensor(X, True)).sum().backward()
    return seen


def _nested(library: Any) -> Any:
    seen: list[Any] = []
    inner = library.layer()
    net = library.nn.Sequential(inner, library.nn.Tanh())
    for name, module in [("inner", inner), ("net", net), ("tanh", net[1])]:
        module.register_forward_hook(lambda m, i, o, n=name: seen.append(n))
        module.register_full_backward_hook(lambda m, i, o, n=name: seen.append((n, i, o)))
    net(library.tensor(X, True)).sum().backward()
    return seen


SCRIPTS = [
    _order, _replacing, _keywords, _gradients, _replacing_gradients, _several, _unused, _twice,
    _no_input, _removed, _nested,
]  # fmt: skip


def _flat(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        for v in value:
            yield from _flat(v)
    elif isinstance(value, dict):
        yield from _flat(list(value.items()))
    else:
        yield value


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda f: f.__name__.strip("_"))
def test_as_in_pytorch(script: Any, torch: Any) -> None:
    ours = _host(script(Ours()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no input wants a gradient
        theirs = _host(script(Theirs(torch)))
    got, wanted = list(_flat(ours)), list(_flat(theirs))
    assert len(got) == len(wanted)
    for g, w in zip(got, wanted, strict=True):
        assert g == pytest.approx(w, rel=1e-12) if isinstance(w, float) else g == w


def test_gradients_by_hand(backend: Any) -> None:
    """y = x Wᵀ with dE/dy = 1: dE/dx is the sum of W's rows."""
    layer = bp.nn.Linear(2, 3, bias=False, device=backend.name, dtype="float64")
    layer.load_state_dict({"weight": WEIGHT})
    seen: list[Any] = []
    layer.register_full_backward_hook(lambda m, i, o: seen.append((m, i, o)))
    x = bp.asarray(X, device=backend.name, requires_grad=True)
    layer(x).sum().backward()
    ((module, (of_input,), (of_output,)),) = seen
    assert module is layer
    np.testing.assert_allclose(of_input.numpy(), [[9.0, 12.0], [9.0, 12.0]])
    np.testing.assert_allclose(of_output.numpy(), np.ones((2, 3)))
    np.testing.assert_allclose(x.grad.numpy(), of_input.numpy())


def test_a_second_derivative_passes_through_the_hooks() -> None:
    """d²/dx² of (2x)³ with the gradient doubled on its way: 2 · 24 · 2 x."""
    layer = bp.nn.Module()
    layer.forward = lambda x: (x * 2) ** 3  # type: ignore[method-assign]
    layer.register_full_backward_hook(lambda m, i, o: (i[0] * 2,))
    x = bp.asarray(3.0, requires_grad=True)
    (first,) = bp.autodiff.gradients([layer(x)], [x], create_graph=True)
    assert float(first) == 2 * 24 * 9.0
    (second,) = bp.autodiff.gradients([first], [x])
    assert float(second) == 2 * 48 * 3.0


def test_no_gradient_no_backward_hook() -> None:
    layer, seen = Ours().layer(), []
    layer.register_full_backward_hook(lambda m, i, o: seen.append(1))
    with bp.no_grad():
        out = layer(bp.asarray(X, requires_grad=True))
    assert not out.requires_grad
    assert seen == []


def test_hooks_that_always_run_see_an_error_pass() -> None:
    layer, seen = Ours().layer(), []
    layer.register_forward_hook(lambda m, i, o: seen.append("not this"))
    layer.register_forward_hook(lambda m, i, o: seen.append(o), always_call=True)
    with pytest.raises(ValueError, match="wanted 2 features"):
        layer(bp.zeros((1, 3), dtype="float64"))
    assert seen == [None]
    layer.register_forward_hook(lambda m, i, o: 1 / 0, always_call=True)
    with (
        pytest.raises(ValueError, match="wanted 2 features"),
        pytest.warns(UserWarning, match="ZeroDivisionError.*passed over"),
    ):
        layer(bp.zeros((1, 3), dtype="float64"))


def test_what_hooks_may_not_return() -> None:
    layer = Ours().layer()
    x = bp.asarray(X, requires_grad=True)
    with (
        layer.register_full_backward_hook(lambda m, i, o: (i[0], i[0])),
        pytest.raises(RuntimeError, match="Linear: a backward hook returned 2 gradients, wanted 1"),
    ):
        layer(x).sum().backward()
    with (
        layer.register_full_backward_pre_hook(lambda m, o: ()),
        pytest.raises(
            RuntimeError, match="pre-hook returned 0 gradients, wanted 1: one for each out"
        ),
    ):
        layer(x).sum().backward()
    with (
        layer.register_full_backward_hook(lambda m, i, o: (o[0],)),
        pytest.raises(RuntimeError, match="no input of the module requires one; return None"),
    ):
        layer(bp.asarray(X)).sum().backward()
    with (
        layer.register_forward_pre_hook(lambda m, a, k: a, with_kwargs=True),
        pytest.raises(RuntimeError, match=r"wanted None or \(args, kwargs\)"),
    ):
        layer(x)
    with pytest.raises(TypeError, match="hook: got a int, wanted a function"):
        layer.register_forward_hook(3)


def test_a_copy_has_the_hooks_too_and_watching_goes_on() -> None:
    layer, seen = Ours().layer(), []
    layer.register_forward_hook(lambda m, i, o: seen.append(m))
    other = copy.deepcopy(layer)
    other(bp.asarray(X))
    assert seen == [other]
    from backprop.nn.module import watch

    with watch(lambda m, out: seen.append(out.shape)):
        layer(bp.asarray(X))
    assert seen[1:] == [layer, (2, 3)]


def test_a_model_with_hooks_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        layer = Ours().layer()
        layer.register_full_backward_hook(lambda m, i, o: None)
        layer.register_forward_hook(lambda m, i, o: None)
        out = layer(bp.asarray(X, requires_grad=True)).sum()
        out.backward()
        alive = weakref.ref(layer.weight)
        del layer, out
        assert alive() is None
    finally:
        gc.enable()
