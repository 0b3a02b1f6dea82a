"""What users of PyTorch and of NumPy type from habit: it works as there, or the error says what to
write."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp


@pytest.fixture
def x() -> bp.Tensor:
    return bp.asarray([[1.0, 2.0, 4.0], [3.0, 5.0, 6.0]])


# ------------------------------------------------------------- updating a variable


def test_gradient_descent_in_place(backend: backends.Backend) -> None:
    """PyTorch's loop: the variable is overwritten and goes on being one."""
    w = variable = bp.asarray([1.0, 2.0], requires_grad=True, device=backend.name)
    memory = w.data
    for _ in range(2):
        (w * w).sum().backward()
        with bp.no_grad():
            w -= 0.25 * w.grad
        assert w.grad is not None
        w.grad.zero_()
    assert w is variable
    assert w.data is memory
    assert w.requires_grad
    assert w.tolist() == [0.25, 0.5]  # halved twice
    assert w.grad is not None
    assert w.grad.tolist() == [0.0, 0.0]


def test_a_models_parameters_in_place() -> None:
    model = bp.nn.Linear(2, 1)
    optimizer = bp.optim.SGD(model.parameters(), lr=1.0)
    before = model.weight.detach().clone()
    model(bp.ones((1, 2))).sum().backward()
    with bp.no_grad():
        for p in model.parameters():
            p -= 0.5
    assert bp.all(model.weight == before - 0.5)
    optimizer.step()  # the arena has the new values
    assert bp.all(model.weight == before - 1.5)
    optimizer.zero_grad()


@pytest.mark.parametrize(("operator", "wanted"), [
    ("+=", 8.0), ("-=", 4.0), ("*=", 12.0), ("/=", 3.0), ("//=", 3.0), ("%=", 0.0), ("**=", 36.0),
])  # fmt: skip
def test_every_operator(operator: str, wanted: float) -> None:
    w = bp.asarray([6.0], requires_grad=True)
    names = {"w": w}
    with bp.no_grad():
        exec(f"w {operator} 2", names)
    assert names["w"] is w
    assert w.tolist() == [wanted]
    exec(f"w {operator} 2", names)  # recorded: a result of its own
    assert names["w"] is not w
    assert w.tolist() == [wanted]
    assert names["w"].requires_grad is (operator != "//=")  # which has no derivative


def test_what_is_no_variable_gets_a_new_value(x: bp.Tensor) -> None:
    before = x
    with bp.no_grad():
        x += 1
    assert x is not before
    assert before[0, 0] == 1


def test_the_dtype_of_a_variable_stays() -> None:
    w = bp.asarray([1.0, 2.0], requires_grad=True)
    with bp.no_grad():
        w += bp.asarray([0.5, 0.5], dtype=bp.float64)
    assert (w.dtype, w.tolist()) == (bp.float32, [1.5, 2.5])


def test_a_variable_keeps_its_shape() -> None:
    w = bp.asarray([1.0, 2.0], requires_grad=True)
    with bp.no_grad(), pytest.raises(ValueError, match=r"result has shape \(3, 2\).*\(2,\)"):
        w += bp.ones((3, 2))


def test_a_graph_that_used_the_old_values_says_so() -> None:
    w = bp.asarray([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    with bp.no_grad():
        w *= 2
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("make", [
    lambda **k: bp.zeros(2, **k), lambda **k: bp.ones(2, **k), lambda **k: bp.full(2, 1.0, **k),
    lambda **k: bp.arange(2.0, **k), lambda **k: bp.linspace(0, 1, 2, **k),
    lambda **k: bp.eye(2, **k), lambda **k: bp.empty(2, **k), lambda **k: bp.rand(2, **k),
    lambda **k: bp.randn(2, **k), lambda **k: bp.full(2, bp.asarray(1.0), **k),
    lambda **k: bp.linspace(bp.asarray(0.0), 1, 2, **k),
])  # fmt: skip
def test_new_variables(make: Any) -> None:
    assert not make().requires_grad
    v = make(requires_grad=True)
    assert v.is_leaf
    assert v.requires_grad


def test_a_number_in_text() -> None:
    loss = bp.asarray(0.123456, requires_grad=True)
    assert f"{loss:.3f}" == "0.123"
    assert f"{bp.asarray([7]):3d}" == "  7"
    assert f"{loss}" == repr(loss)
    with pytest.raises(ValueError, match=r"format '.2f': got shape \(2,\), wanted a tensor of one"):
        f"{bp.ones(2):.2f}"


# ------------------------------------------------------------- names of arguments


@pytest.mark.parametrize("call", [
    lambda x, a: x.sum(**a("axis", 1)), lambda x, a: x.mean(**a("axis", 0)),
    lambda x, a: x.prod(**a("axis", 0)), lambda x, a: x.argmax(**a("axis", 1)),
    lambda x, a: x.logsumexp(**a("axis", (0, 1))), lambda x, a: x.softmax(**a("axis", -1)),
    lambda x, a: x.log_softmax(**a("axis", 0)), lambda x, a: x.cumsum(**a("axis", 1)),
    lambda x, a: x.cumprod(**a("axis", 1)), lambda x, a: x.argsort(**a("axis", 1)),
    lambda x, a: x.unsqueeze(**a("axis", 1)), lambda x, a: x[:1].squeeze(**a("axis", 0)),
    lambda x, a: x.flip(**a("axis", 0)), lambda x, a: x.roll(1, **a("axis", 1)),
    lambda x, a: x.unbind(**a("axis", 1))[2], lambda x, a: x.chunk(2, **a("axis", 0))[1],
    lambda x, a: x.any(**a("axis", 1)),
])  # fmt: skip
@pytest.mark.parametrize("name", ["dim", "dims"])
def test_dim_is_axis(call: Any, name: str, x: bp.Tensor) -> None:
    ours = call(x, lambda key, value: {key: value})
    theirs = call(x, lambda key, value: {name: value})
    assert theirs.tolist() == ours.tolist()


def test_keepdim_and_ddof(x: bp.Tensor) -> None:
    assert x.sum(dim=1, keepdim=True).tolist() == [[7.0], [14.0]]
    for theirs in ({"ddof": 1}, {"unbiased": True}, {"dim": (0, 1), "correction": 1}):
        assert x.var(**theirs).item() == pytest.approx(np.var(x.numpy(), ddof=1))
    assert x.std(dim=0, unbiased=False).tolist() == x.std(axis=0).tolist()


@pytest.mark.parametrize(("name", "says"), [
    ("max", "returns a pair; take x.max"), ("min", "returns a pair"), ("sort", "returns a pair"),
    ("std", "M - 1, this one by M; say which"), ("var", "correction=1 or correction=0"),
])  # fmt: skip
def test_what_pytorch_does_otherwise_is_refused(name: str, says: str, x: bp.Tensor) -> None:
    with pytest.raises(TypeError, match=f"{name}: dim: .*{says}"):
        getattr(x, name)(dim=0)


def test_errors_of_python_say_tensor(x: bp.Tensor) -> None:
    with pytest.raises(TypeError, match=r"^Tensor\.reshape\(\) got an unexpected keyword"):
        x.reshape(shap=3)  # type: ignore[call-arg]


def test_numpys_functions_say_what_to_use(x: bp.Tensor) -> None:
    with pytest.raises(TypeError, match=r"sum: out: .*NumPy's: use backprop.sum\(x\)"):
        np.sum(x)  # type: ignore[call-overload]


# -------------------------------------------------------------------------- names


@pytest.mark.parametrize(("name", "says"), [
    ("concatenate", "here it is concat$"), ("cat", "here it is concat$"),
    ("arctan2", "here it is atan2$"), ("clamp", "here it is clip$"), ("power", "here it is pow$"),
    ("from_numpy", "here it is asarray$"), ("jacrev", "jacobian"), ("float", "float32"),
    ("inv", "it is backprop.linalg.inv$"), ("softmax", "it is backprop.nn.functional.softmax$"),
    ("rfft", "it is backprop.fft.rfft$"), ("Linear", "it is backprop.nn.Linear$"),
    ("nonsense", "^$"),
])  # fmt: skip
def test_functions_of_another_name(name: str, says: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(bp, name)
    start = f"module 'backprop' has no attribute '{name}'"
    assert str(caught.value).startswith(start)
    assert re.search(says, str(caught.value).removeprefix(start))


@pytest.mark.parametrize(("name", "says"), [
    ("numel", "write x.size$"), ("add", r"write x \+ y$"), ("add_", r"in place .*x \+= "),
    ("gather", "here it is backprop.take_along_axis$"), ("where", r"write backprop.where\(x, "),
    ("norm", r"write backprop.linalg.norm\(x, "), ("nonsense", "^$"),
    ("_nonsense_", "^$"),
])  # fmt: skip
def test_methods_of_another_name(name: str, says: str, x: bp.Tensor) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(x, name)
    start = f"'Tensor' object has no attribute '{name}'"
    assert str(caught.value).startswith(start)
    assert re.search(says, str(caught.value).removeprefix(start))


def test_the_names_lead_somewhere() -> None:
    """No advice for what is there already, and what is advised is there."""
    assert [n for n in bp.names.FUNCTIONS if n in vars(bp)] == []
    assert [n for n in bp.names.METHODS if hasattr(bp.Tensor, n)] == []
    for advice in bp.names.FUNCTIONS.values():
        first = advice.split(",")[0].split("(")[0]
        if " " not in first:
            home: Any = bp
            for part in first.split("."):
                home = getattr(home, part)
