"""Module: what it is made of, its condition, its state and its picture; names as in PyTorch."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import backprop as bp

# --------------------------------------------- structures, built in either library by one function


def _mlp(nn: Any, zeros: Any) -> Any:
    return nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3, bias=False), nn.Softmax(1))


def _nested(nn: Any, zeros: Any) -> Any:
    block = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    return nn.Sequential(block, nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(2, 3))))


def _named(nn: Any, zeros: Any) -> Any:
    return nn.Sequential(OrderedDict(hidden=nn.Linear(2, 4), act=nn.SiLU(), out=nn.Linear(4, 1)))


def _sliced(nn: Any, zeros: Any) -> Any:
    return _mlp(nn, zeros)[1:]


def _appended(nn: Any, zeros: Any) -> Any:
    return nn.Sequential(nn.Linear(2, 2)).append(nn.GELU()).append(nn.Linear(2, 1))


def _replaced(nn: Any, zeros: Any) -> Any:
    net = _named(nn, zeros)
    net[0] = nn.Linear(3, 4)
    net[-1] = nn.Linear(4, 2)
    return net


def _own(nn: Any, zeros: Any) -> Any:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(zeros(3))
            self.first = nn.Linear(2, 3)
            self.register_buffer("mean", zeros(3))
            self.register_buffer("scratch", zeros(2), persistent=False)
            self.register_buffer("absent", None)
            self.register_parameter("shift", nn.Parameter(zeros(1)))
            self.register_parameter("none", None)
            self.add_module("last", nn.Linear(3, 1, bias=False))
            self.inner = nn.Sequential(nn.Linear(3, 3))

    return Net()


def _shared(nn: Any, zeros: Any) -> Any:
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, nn.Tanh(), layer, nn.Linear(2, 2))
    net[3].weight = layer.weight
    return net


STRUCTURES = [_mlp, _nested, _named, _sliced, _appended, _replaced, _own, _shared]


def _both(build: Any, torch: Any) -> tuple[Any, Any]:
    return build(bp.nn, bp.zeros), build(torch.nn, torch.zeros)


@pytest.mark.parametrize("build", STRUCTURES)
def test_names_and_shapes_are_pytorchs(build: Any, torch: Any) -> None:
    us, them = _both(build, torch)
    for listing in ("named_parameters", "named_buffers"):
        wanted = [(n, tuple(p.shape)) for n, p in getattr(them, listing)()]
        assert [(n, p.shape) for n, p in getattr(us, listing)()] == wanted
    assert [n for n, _ in us.named_modules()] == [n for n, _ in them.named_modules()]
    kinds = [type(m).__name__ for m in them.modules()]
    assert [type(m).__name__ for m in us.modules()] == kinds
    assert len(list(us.parameters())) == len(list(them.parameters()))
    assert len(list(us.buffers())) == len(list(them.buffers()))
    # PyTorch's state dict lists a module's parameters before its buffers: the order may differ.
    wanted_state = {n: tuple(v.shape) for n, v in them.state_dict().items()}
    assert {n: v.shape for n, v in us.state_dict().items()} == wanted_state


@pytest.mark.parametrize("build", STRUCTURES)
def test_names_can_have_a_prefix(build: Any, torch: Any) -> None:
    us, them = _both(build, torch)
    wanted = [n for n, _ in them.named_parameters("a.b")]
    assert [n for n, _ in us.named_parameters("a.b")] == wanted


@pytest.mark.parametrize("build", [_mlp, _nested, _named, _appended, _shared])
def test_a_state_dict_of_pytorch_gives_its_outputs(build: Any, torch: Any, backend: Any) -> None:
    us, them = _both(build, torch)
    us.to(backend.name)
    state = {k: v.numpy() for k, v in them.state_dict().items()}
    assert us.load_state_dict(state) == ([], [])
    x = np.random.default_rng(0).standard_normal((6, 2)).astype("float32")
    got = us(bp.asarray(x, device=backend.name)).detach().numpy()
    np.testing.assert_allclose(got, them(torch.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6)
    us.double().load_state_dict({k: v.astype("float64") for k, v in state.items()})
    x = x.astype("float64")
    got = us(bp.asarray(x, device=backend.name)).detach().numpy()
    wanted = them.double()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)


# ------------------------------------------------------------------- what it is made of


def test_shared_modules_and_parameters_are_listed_once_and_saved_under_every_name() -> None:
    net = _shared(bp.nn, bp.zeros)
    assert [n for n, _ in net.named_parameters()] == ["0.weight", "0.bias", "3.bias"]
    state = net.state_dict()
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias", "3.weight", "3.bias"]
    assert state["0.weight"].data is state["3.weight"].data
    x = bp.ones((1, 2))
    assert len(net) == 4
    # the gradient of a parameter used three times is the sum of the three uses'
    net(x).sum().backward()
    together = net[0].weight.grad.numpy().copy()
    apart = bp.nn.Sequential(
        bp.nn.Linear(2, 2), bp.nn.Tanh(), bp.nn.Linear(2, 2), bp.nn.Linear(2, 2)
    )
    apart.load_state_dict({k: v.numpy() for k, v in state.items()})
    apart(x).sum().backward()
    summed = sum(apart[i].weight.grad.numpy() for i in (0, 2, 3))
    np.testing.assert_allclose(together, summed, rtol=1e-6)


class Loop(bp.nn.Module):
    """A module that holds itself, and a child that holds its parent."""

    def __init__(self) -> None:
        self.me = self
        self.child = bp.nn.Sequential(bp.nn.Linear(2, 1))
        self.child.parent = self  # type: ignore[attr-defined]

    def forward(self, x: Any) -> Any:
        return self.child[0](x)


def test_a_module_that_holds_itself_is_walked_once() -> None:
    loop = Loop()
    names = ["child.0.weight", "child.0.bias"]
    assert [n for n, _ in loop.named_parameters()] == names
    assert [n for n, _ in loop.named_modules()] == ["", "child", "child.0"]
    assert list(loop.state_dict()) == names
    loop.load_state_dict({n: np.zeros(v.shape) for n, v in loop.state_dict().items()})
    assert not loop.eval().child[0].training
    assert loop.double().child[0].weight.dtype == bp.float64
    assert "Linear(2, 1)" in repr(loop)
    assert "total" in loop.summary()
    assert loop(bp.zeros((1, 2), dtype=bp.float64)).item() == 0
    seen: list[Any] = []
    loop.apply(seen.append)
    assert len(seen) == 3


def test_a_model_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        net = _nested(bp.nn, bp.zeros)
        net(bp.ones((1, 2))).sum().backward()
        alive = [weakref.ref(p) for p in net.parameters()]
        del net
        assert [r() for r in alive] == [None] * 4
    finally:
        gc.enable()


def test_apply_visits_everything_once_children_before_parents() -> None:
    net = _nested(bp.nn, bp.zeros)
    seen: list[Any] = []
    assert net.apply(seen.append) is net
    assert sorted(map(id, seen)) == sorted(map(id, net.modules()))
    place = {id(m): i for i, m in enumerate(seen)}
    for module in net.modules():
        assert all(place[id(c)] < place[id(module)] for c in module.children())


def test_a_parameter_is_made_of_whatever_asarray_takes() -> None:
    for data in (bp.ones(2), np.ones(2, "f4"), [1.0, 1.0]):
        p = bp.nn.Parameter(data)
        assert p.requires_grad
        assert p.is_leaf
        np.testing.assert_array_equal(p.detach().numpy(), np.ones(2, "f4"))
    assert not bp.nn.Parameter([1.0], requires_grad=False).requires_grad
    result = bp.nn.Parameter([1.0]) * 2
    assert bp.nn.Parameter(result).is_leaf
    assert type(result) is bp.Tensor
    with pytest.raises(TypeError, match=r"int64.*floating"):
        bp.nn.Parameter([1, 2])


@pytest.mark.parametrize("name", ["", "a.b", "forward", "training", "train", 3, None])
def test_registered_names_do_not_break_the_module(name: Any) -> None:
    net = bp.nn.Module()
    calls = [
        lambda: net.add_module(name, bp.nn.ReLU()),
        lambda: net.register_buffer(name, bp.zeros(1)),
        lambda: net.register_parameter(name, bp.nn.Parameter([1.0])),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=f"Module: name: got {name!r}"):
            call()


def test_what_is_registered_must_be_of_its_kind() -> None:
    net = bp.nn.Module()
    with pytest.raises(TypeError, match="x is a Tensor, wanted a Parameter"):
        net.register_parameter("x", bp.zeros(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"f is a function, wanted a Module.*nn\.ReLU\(\)"):
        net.add_module("f", bp.nn.functional.relu)  # type: ignore[arg-type]
    assert vars(net) == {}


def test_a_name_kept_for_a_module() -> None:
    """None holds a module's place, in the order too, and takes nothing but a module."""
    net = bp.nn.Module()
    net.add_module("m", None)
    net.register_module("last", bp.nn.ReLU())
    assert net.m is None
    assert [name for name, _ in net.named_children()] == ["last"]
    assert net.state_dict() == {}
    with pytest.raises(TypeError, match="m is a module and cannot become a int"):
        net.m = 3
    net.m = bp.nn.Linear(2, 1)
    assert sorted(net.state_dict()) == ["m.bias", "m.weight"]


# ------------------------------------------------------------------------ its condition


def test_train_and_eval_reach_every_module() -> None:
    net = _own(bp.nn, bp.zeros)
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    for mode in ("x", 1, None):
        with pytest.raises(TypeError, match=f"Net: mode: got {mode!r}, wanted True or False"):
            net.train(mode)  # type: ignore[arg-type]
    net.inner.train()
    assert [m.training for m in net.modules()] == [False, False, False, True, True]
    assert net.train() is net
    assert all(m.training for m in net.modules())


DTYPES = [
    (lambda m: m.double(), bp.float64),
    (lambda m: m.to(bp.float64), bp.float64),
    (lambda m: m.to("float64"), bp.float64),
    (lambda m: m.to(np.float64), bp.float64),
    (lambda m: m.to(float), bp.float64),
    (lambda m: m.double().float(), bp.float32),
    (lambda m: m.to(bp.float32), bp.float32),
    (lambda m: m.to(None), bp.float32),
]


@pytest.mark.parametrize(("convert", "dtype"), DTYPES)
def test_to_another_dtype(convert: Any, dtype: Any) -> None:
    net = _own(bp.nn, bp.zeros)
    net.register_buffer("count", bp.asarray([3]))
    held = list(net.parameters())
    net.first(bp.ones((1, 2))).sum().backward()
    grads = {n: None if p.grad is None else p.grad.numpy() for n, p in net.named_parameters()}
    values = {n: p.detach().numpy() for n, p in net.named_parameters()}
    assert convert(net) is net
    assert all(a is b for a, b in zip(held, net.parameters(), strict=True))
    for n, p in net.named_parameters():
        assert p.dtype == dtype
        assert p.requires_grad
        np.testing.assert_array_equal(p.detach().numpy(), values[n])
        if grads[n] is None:
            assert p.grad is None
        else:
            assert p.grad.dtype == dtype
            np.testing.assert_array_equal(p.grad.numpy(), grads[n])
    assert net.mean.dtype == dtype
    assert net.count.dtype == bp.int64


def test_to_another_device_and_back_takes_everything_along() -> None:
    net = _own(bp.nn, bp.zeros)
    net.register_buffer("count", bp.asarray([3]))
    net.first(bp.ones((1, 2))).sum().backward()
    net.last.requires_grad_(False)
    values = {n: v.numpy().copy() for n, v in net.state_dict().items()}
    grad = net.first.weight.grad.numpy().copy()
    for where in ("strict", "cpu"):
        net.to(where)
        assert {v.device for v in net.state_dict().values()} == {where}
        assert net.scratch.device == where
        for n, v in net.state_dict().items():
            np.testing.assert_array_equal(v.numpy(), values[n])
        assert net.first.weight.grad.device == where
        np.testing.assert_array_equal(net.first.weight.grad.numpy(), grad)
        assert not net.last.weight.requires_grad
        assert net.scale.requires_grad
        assert net.first(bp.ones((1, 2), device=where)).device == where
    net.to("strict", bp.float64)
    assert (net.scale.device, net.scale.dtype) == ("strict", bp.float64)
    net.to(bp.float32, "cpu")
    assert (net.scale.device, net.scale.dtype) == ("cpu", bp.float32)


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        (bp.int64, TypeError, "int64, wanted float32 or float64"),
        ("complex64", TypeError, "complex64, wanted float32 or float64"),
        ("float16", TypeError, "float16, wanted float32 or float64"),
        ("gpu", ValueError, "'gpu', wanted 'auto'"),
    ],
)
def test_to_refuses_what_parameters_cannot_be(argument: Any, error: Any, message: str) -> None:
    net = bp.nn.Linear(2, 1)
    with pytest.raises(error, match=message):
        net.to(argument)
    assert net.weight.dtype == bp.float32


def test_the_defaults_decide_where_and_what_new_parameters_are() -> None:
    assert bp.nn.Linear(2, 1).weight.dtype == bp.float32
    bp.set_default_dtype(bp.float64)
    assert bp.nn.Linear(2, 1).bias.dtype == bp.float64  # type: ignore[union-attr]
    assert bp.nn.Linear(2, 1, dtype=bp.float32).weight.dtype == bp.float32
    with bp.device("strict"):
        assert bp.nn.Linear(2, 1).weight.device == "strict"
        assert bp.nn.Linear(2, 1, device="cpu").weight.device == "cpu"


def test_freezing_and_forgetting_gradients() -> None:
    net = _mlp(bp.nn, bp.zeros)
    net[0].requires_grad_(False)
    net(bp.ones((1, 2))).sum().backward()
    assert net[0].weight.grad is None
    assert net[2].weight.grad is not None
    net.zero_grad()
    assert net[2].weight.grad is None
    assert net.requires_grad_() is net
    net(bp.ones((1, 2))).sum().backward()
    assert net[0].weight.grad is not None


def test_a_module_without_forward_says_so() -> None:
    class Empty(bp.nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty needs a method forward\(self, \.\.\.\)"):
        Empty()(1)


def test_watch_sees_every_output_and_stops() -> None:
    from backprop.nn.module import watch

    net, seen = _mlp(bp.nn, bp.zeros), []
    with watch(lambda module, out: seen.append((type(module).__name__, out.shape))):
        net(bp.ones((4, 2)))
    names = [("Linear", (4, 5)), ("Tanh", (4, 5)), ("Linear", (4, 3)), ("Softmax", (4, 3))]
    assert seen == [*names, ("Sequential", (4, 3))]
    net(bp.ones((4, 2)))
    assert len(seen) == 5


# ---------------------------------------------------------------------------- its state


def test_a_state_dict_shares_memory_and_loading_copies() -> None:
    net, other = _mlp(bp.nn, bp.zeros), _mlp(bp.nn, bp.zeros)
    state = net.state_dict()
    assert all(not v.requires_grad for v in state.values())
    assert other.load_state_dict(state) == ([], [])
    bp.nn.init.zeros_(net[0].weight)
    assert not state["0.weight"].numpy().any()
    assert other[0].weight.detach().numpy().all()


def test_loading_names_everything_that_is_wrong_and_loads_nothing() -> None:
    net = _own(bp.nn, bp.zeros)
    before = {n: v.numpy().copy() for n, v in net.state_dict().items()}
    state = {n: v + 1 for n, v in before.items()}
    state["first.weight"] = np.ones((3, 7), "f4")
    state["mean"] = np.ones((1, 3), "f4")
    state["scale"] = np.ones(3, "int64")
    del state["last.weight"], state["shift"]
    state["extra"] = state["first.bia"] = np.ones(1)
    with pytest.raises(ValueError, match="does not fit Net") as error:
        net.load_state_dict(state)
    lines = str(error.value).splitlines()[1:]
    assert sorted(line.strip() for line in lines) == [
        "extra: unexpected, Net has none",
        "first.bia: unexpected, Net has none",
        "first.weight: got shape (3, 7), wanted (3, 2)",
        "last.weight: missing (shape (1, 3))",
        "mean: got shape (1, 3), wanted (3,)",
        "scale: got dtype int64, wanted float32",
        "shift: missing (shape (1,))",
    ]
    for n, v in net.state_dict().items():
        np.testing.assert_array_equal(v.numpy(), before[n])
    for odd in ("abc", None, object()):
        kind = type(odd).__name__
        with pytest.raises(ValueError, match="does not fit") as error:
            net.load_state_dict({**before, "mean": np.ones(1, "f4"), "scale": odd})
        assert sorted(line.strip() for line in str(error.value).splitlines()[1:]) == [
            "mean: got shape (1,), wanted (3,)",
            f"scale: got a {kind}, wanted a Tensor or an array",
        ]
    with pytest.raises(ValueError, match="does not fit") as error:
        net.load_state_dict(state, strict=False)  # shapes still have to fit
    assert len(str(error.value).splitlines()) == 4


def test_loading_what_is_there_without_strict() -> None:
    net = _mlp(bp.nn, bp.zeros)
    before = net[0].weight.detach().numpy().copy()
    result = net.load_state_dict({"0.bias": np.full(5, 2.0), "other": 1.0}, strict=False)
    assert result.missing_keys == ["0.weight", "2.weight"]
    assert result.unexpected_keys == ["other"]
    np.testing.assert_array_equal(net[0].bias.detach().numpy(), np.full(5, 2.0, "f4"))
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), before)


def test_loading_keeps_dtype_device_and_identity(backend: Any) -> None:
    net = _mlp(bp.nn, bp.zeros).to(backend.name)
    held = net[0].weight
    net[0].requires_grad_(False)
    data = held.data
    net.load_state_dict(_mlp(bp.nn, bp.zeros).double().state_dict())
    assert net[0].weight is held
    assert held.data is data
    assert (held.dtype, held.device, held.requires_grad) == (bp.float32, backend.name, False)


def test_going_backward_after_loading_is_refused() -> None:
    net = _mlp(bp.nn, bp.zeros)
    loss = net(bp.ones((1, 2))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


# -------------------------------------------------------------------------- its picture

SUMMARY = """\
layer               output   parameters
hidden Linear(2, 4) (7, 4)           12
act SiLU()          (7, 4)            0
out Linear(4, 250)  (7, 250)      1,250
total                             1,262
frozen                               12"""


def test_the_summary_table() -> None:
    net = bp.nn.Sequential(
        {"hidden": bp.nn.Linear(2, 4), "act": bp.nn.SiLU(), "out": bp.nn.Linear(4, 250)}
    )
    net.hidden.requires_grad_(False)
    assert net.summary(7, 2) == SUMMARY
    plain = [" ".join(line.split()) for line in net.summary().splitlines()]
    assert plain == [
        "layer output parameters", "hidden Linear(2, 4) 12", "act SiLU() 0",
        "out Linear(4, 250) 1,250", "total 1,262", "frozen 12",
    ]  # fmt: skip


def test_the_summary_leaves_the_model_as_it_was() -> None:
    net = bp.nn.Sequential(bp.nn.Linear(2, 2), bp.nn.Dropout(0.5)).to("strict", "float64")
    net[0].eval()
    state = bp.default_generator().get_state()
    net.summary(3, 2)
    assert [m.training for m in net.modules()] == [True, False, True]
    assert bp.default_generator().get_state() == state
    assert net[0].weight.grad is None
    with pytest.raises(ValueError, match="wanted 2 features"):
        net.summary(3, 5)
    assert [m.training for m in net.modules()] == [True, False, True]


def test_the_rows_of_a_summary_add_up_to_its_total() -> None:
    net = _own(bp.nn, bp.zeros)
    rows = [line.split() for line in net.summary().splitlines()[1:]]
    counts = [int(row[-1]) for row in rows]
    assert counts[-1] == sum(counts[:-1]) == sum(p.size for p in net.parameters())
    assert rows[0] == ["Net", "4"]


def test_repr_shows_the_tree() -> None:
    net = bp.nn.Sequential(
        bp.nn.Linear(2, 3, bias=False), bp.nn.Sequential(bp.nn.ELU(0.5), bp.nn.Dropout(0.2))
    )
    assert repr(net) == (
        "Sequential(\n"
        "  (0): Linear(2, 3, bias=False)\n"
        "  (1): Sequential(\n"
        "    (0): ELU(alpha=0.5)\n"
        "    (1): Dropout(p=0.2, inplace=False)\n"
        "  )\n"
        ")"
    )


# --------------------------------------------------------------------------- Sequential


def test_sequential_runs_its_modules_in_order() -> None:
    double, square = bp.nn.Module(), bp.nn.Module()
    double.forward = lambda x: x * 2  # type: ignore[method-assign]
    square.forward = lambda x: x * x  # type: ignore[method-assign]
    three = bp.asarray(3.0)
    assert bp.nn.Sequential(double, square)(three).item() == 36
    assert bp.nn.Sequential(square, double)(three).item() == 18
    assert bp.nn.Sequential()(three) is three
    assert bp.nn.Sequential({"b": square, "a": double})(three).item() == 18


def test_sequential_is_a_list_of_modules() -> None:
    parts = [bp.nn.Linear(2, 2), bp.nn.Tanh(), bp.nn.ReLU(), bp.nn.Linear(2, 2)]
    net = bp.nn.Sequential(*parts)
    assert len(net) == 4
    assert list(net) == parts
    assert net[1] is parts[1]
    assert net[-1] is parts[-1]
    assert list(net[1:3]) == parts[1:3]
    assert list(net[::-1]) == parts[::-1]
    assert len(net[4:]) == 0
    with pytest.raises(IndexError):
        net[4]
    new = bp.nn.Sigmoid()
    net[-2] = new
    assert list(net) == [parts[0], parts[1], new, parts[3]]
    with pytest.raises(IndexError):
        net[4] = new


def test_appending_to_a_slice_replaces_nothing() -> None:
    net = bp.nn.Sequential(bp.nn.Linear(2, 2), bp.nn.Tanh(), bp.nn.Linear(2, 2))
    tail = net[1:].append(bp.nn.ReLU())
    assert [type(m).__name__ for m in tail] == ["Tanh", "Linear", "ReLU"]
    assert len(net) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bp.nn.Sequential(bp.nn.ReLU(), 3), "1 is a int, wanted a Module"),
        (lambda: bp.nn.Sequential([bp.nn.ReLU()]), "0 is a list, wanted a Module"),
        (lambda: bp.nn.Sequential(bp.nn.functional.relu), r"0 is a function.*nn\.ReLU\(\)"),
        (lambda: bp.nn.Sequential(bp.nn.ReLU), r"0 is a type.*nn\.ReLU\(\)"),
        (lambda: bp.nn.Sequential({"a": None}), "a is a NoneType, wanted a Module"),
        (lambda: bp.nn.Sequential().append(bp.exp), "0 is a function"),  # type: ignore[arg-type]
        (
            lambda: bp.nn.Sequential(bp.nn.ReLU()).__setitem__(0, bp.exp),  # type: ignore[arg-type]
            "0 is a function",
        ),
    ],
)
def test_sequential_takes_modules_only(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"Sequential: {message}"):
        call()


def test_sequential_refuses_names_of_its_own_methods() -> None:
    with pytest.raises(ValueError, match="Sequential: name: got 'forward'"):
        bp.nn.Sequential({"forward": bp.nn.ReLU()})
