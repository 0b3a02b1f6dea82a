"""Containers and attributes: lists and dicts of modules and parameters, names, parts by name."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import backprop as bp

nn = bp.nn


def _layers(n: int) -> list[Any]:
    return [nn.Linear(i + 1, 1) for i in range(n)]


@pytest.mark.parametrize("kind", [nn.ModuleList, lambda modules: nn.Sequential(*modules)])
def test_a_row_of_modules_is_edited_like_a_list(kind: Any) -> None:
    parts = _layers(4)
    row = kind(parts)

    def same(wanted: list[Any]) -> None:
        assert list(row) == wanted
        assert len(row) == len(wanted)
        assert [n for n, _ in row.named_children()] == [str(i) for i in range(len(wanted))]

    same(parts)
    new = nn.ReLU()
    row.insert(1, new)
    parts.insert(1, new)
    same(parts)
    row.insert(-1, extra := nn.Tanh())
    parts.insert(-1, extra)
    same(parts)
    del row[0], parts[0]
    same(parts)
    assert row.pop(1) is parts.pop(1)
    same(parts)
    del row[::2], parts[::2]
    same(parts)
    row.extend(more := _layers(2))
    parts += more
    same(parts)
    row.append(last := nn.GELU())
    parts.append(last)
    same(parts)
    row[-1] = other = nn.SiLU()
    parts[-1] = other
    same(parts)
    assert row[-1] is other
    assert list(row[1:]) == parts[1:]
    assert type(row[1:]) is type(row)
    for index in (len(parts), -len(parts) - 1):
        with pytest.raises(IndexError, match=f"index {index} is out of range for {len(parts)}"):
            row[index]
    with pytest.raises(IndexError, match="out of range"):
        row.insert(99, nn.ReLU())
    with pytest.raises(TypeError, match="0 is a int, wanted a Module"):
        row[0] = 3
    with pytest.raises(TypeError, match="got a int, wanted a Module"):
        row.insert(0, 3)
    with pytest.raises(TypeError, match="got a int, wanted modules"):
        row.extend(3)
    same(parts)
    assert not [name for name in dir(row) if name.isdigit()]


def test_rows_are_added_and_repeated() -> None:
    a, b, c = _layers(3)
    both = nn.Sequential(a, b) + nn.Sequential(c)
    assert list(both) == [a, b, c]
    both += nn.Sequential(a)
    assert list(both) == [a, b, c, a]
    assert list(nn.Sequential(a, b) * 2) == list(2 * nn.Sequential(a, b)) == [a, b, a, b]
    twice = nn.Sequential(a, b)
    twice *= 2
    assert list(twice) == [a, b, a, b]
    listed = nn.ModuleList([a]) + nn.ModuleList([b, c])
    assert list(listed) == [a, b, c]
    listed += [a]
    assert list(listed) == [a, b, c, a]
    with pytest.raises(TypeError, match="wanted another Sequential"):
        nn.Sequential(a) + nn.ModuleList([b])  # type: ignore[operator]
    for times in (0, -1, True, 1.5):
        with pytest.raises(ValueError, match="wanted a whole number of at least 1"):
            nn.Sequential(a) * times  # type: ignore[operator]


def test_a_list_has_no_forward_pass() -> None:
    with pytest.raises(NotImplementedError, match="ModuleList needs a method forward"):
        nn.ModuleList([nn.ReLU()])(1)
    for holder in (nn.ParameterList(), nn.ParameterDict()):
        with pytest.raises(RuntimeError, match="no forward pass"):
            holder(1)


def test_equal_modules_are_shown_once(torch: Any) -> None:
    def build(nn: Any) -> Any:
        return nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Sequential(nn.Tanh()), nn.ReLU()])

    assert repr(build(nn)) == repr(build(torch.nn))
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_a_dict_of_modules() -> None:
    a, b, c = _layers(3)
    named = nn.ModuleDict({"first": a, "second": b})
    assert list(named) == ["first", "second"] == named.keys()
    assert named.values() == [a, b]
    assert named.items() == [("first", a), ("second", b)]
    assert "first" in named
    assert "training" not in named
    named["first"] = c
    assert named["first"] is c
    assert named.pop("first") is c
    named.update([("x", a), ("y", b)])
    named.update(nn.ModuleDict({"z": c}))
    assert list(named) == ["second", "x", "y", "z"]
    assert [n for n, _ in named.named_parameters()][:2] == ["second.weight", "second.bias"]
    del named["x"]
    named.clear()
    assert len(named) == 0
    with pytest.raises(KeyError, match="there is no module 'x'"):
        named["x"]
    with pytest.raises(ValueError, match="name: got 'keys'"):
        named["keys"] = a
    with pytest.raises(TypeError, match="q is a int, wanted a Module"):
        named["q"] = 1  # type: ignore[assignment]
    with pytest.raises(TypeError, match="got a int, wanted a mapping"):
        named.update(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="element 0 is 1, wanted a pair"):
        named.update([1])


def test_a_list_of_parameters() -> None:
    w = nn.Parameter([1.0])
    held = nn.ParameterList([w, bp.zeros((2, 3)), "text"])
    assert [n for n, _ in held.named_parameters()] == ["0", "1"]
    assert held[0] is w
    assert isinstance(held[1], nn.Parameter)
    assert held[-1] == "text"
    held.append(bp.ones(2)).extend([bp.ones(1)])
    held += [bp.ones(4)]
    assert [p.shape for p in held[3:]] == [(2,), (1,), (4,)]
    held[1] = bp.ones(7)
    assert held[1].shape == (7,)
    assert list(held.state_dict()) == ["0", "1", "3", "4", "5"]
    with pytest.raises(IndexError, match="index 6 is out of range for 6"):
        held[6]
    with pytest.raises(TypeError, match="one parameter there is append"):
        held.extend(bp.ones(2))
    with pytest.raises(TypeError, match="0 is a parameter and cannot become a str"):
        held[0] = "text"


def test_a_dict_of_parameters() -> None:
    held = nn.ParameterDict({"b": bp.zeros(1), "a": bp.zeros(2)})
    assert list(held) == ["a", "b"]  # a plain dict by its sorted names, as in PyTorch
    ordered = nn.ParameterDict(OrderedDict(b=bp.zeros(1), a=bp.zeros(2)))
    assert list(ordered) == ["b", "a"]
    assert list(reversed(ordered)) == ["a", "b"]
    assert isinstance(held["a"], nn.Parameter)
    assert held.get("c", 5) == 5
    assert held.setdefault("c", bp.zeros(3)).shape == (3,)
    assert held.popitem()[0] == "c"
    assert held.pop("a").shape == (2,)
    both = held | ordered
    assert both["b"] is ordered["b"]
    held |= nn.ParameterDict([("d", 1)])
    assert held.items()[-1] == ("d", 1)
    assert list(held.fromkeys(["x", "y"], 0).values()) == [0, 0]
    assert list(both.copy().keys()) == list(both)
    del held["d"]
    held.clear()
    assert len(held) == 0
    assert list(held.parameters()) == []
    for name in ("a.b", "keys", "", 3):
        with pytest.raises(ValueError, match="wanted one without dots"):
            held[name] = bp.zeros(1)  # type: ignore[index]
    with pytest.raises(KeyError, match="there is no 'a'"):
        held["a"]
    with pytest.raises(KeyError, match="empty"):
        held.popitem()


def test_parameters_are_shown() -> None:
    assert repr(nn.ParameterList([bp.zeros((2, 3)), 1])) == (
        "ParameterList(\n"
        "  (0): Parameter containing: [float32 of size 2x3]\n"
        "  (1): Object of type: int\n"
        ")"
    )
    assert "(a): Parameter containing" in repr(nn.ParameterDict({"a": bp.zeros(1)}))


# ------------------------------------------------------------------------- attributes


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter([1.0])
        self.inner = nn.Linear(2, 1)
        self.register_buffer("mean", bp.zeros(2))
        self.register_buffer("later", None)
        self.register_parameter("shift", None)


def test_a_parameters_name_takes_parameters_and_none_only() -> None:
    net = Net()
    for value in (bp.ones(1), 3.0, nn.ReLU(), nn.Buffer(bp.ones(1))):
        with pytest.raises(TypeError, match="Net: scale is a parameter and cannot become a"):
            net.scale = value  # type: ignore[assignment]
        with pytest.raises(TypeError, match="Net: shift is a parameter and cannot become a"):
            net.shift = value
    net.scale = None  # type: ignore[assignment]
    assert [n for n, _ in net.named_parameters()] == ["inner.weight", "inner.bias"]
    net.scale = nn.Parameter([2.0])
    net.shift = nn.Parameter([3.0])
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["scale", "shift"]
    del net.scale
    net.scale = bp.ones(1)  # type: ignore[assignment]
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["shift"]
    with pytest.raises(AttributeError):
        del net.nothing


def test_a_modules_name_takes_modules_and_none_only() -> None:
    net = Net()
    with pytest.raises(TypeError, match=r"inner is a module and cannot become a function"):
        net.inner = lambda x: x  # type: ignore[assignment]
    net.inner = None  # type: ignore[assignment]
    assert list(net.children()) == []
    net.inner = nn.Linear(3, 3)
    assert net.inner.in_features == 3


def test_a_buffers_name_makes_buffers_of_tensors() -> None:
    net = Net()
    net.mean = net.mean * 0.9 + 1.0
    net.later = bp.ones(3)
    assert [n for n, _ in net.named_buffers()] == ["mean", "later"]
    assert net.mean.tolist() == [1.0, 1.0]
    assert list(net.state_dict())[:3] == ["scale", "mean", "later"]
    with pytest.raises(TypeError, match="mean is a buffer and cannot become a float"):
        net.mean = 1.0  # type: ignore[assignment]
    net.mean = None  # type: ignore[assignment]
    assert "mean" not in net.state_dict()
    with pytest.raises(TypeError, match="x is a list, wanted a Tensor or None"):
        net.register_buffer("x", [1.0])  # type: ignore[arg-type]
    quiet = nn.Module()
    quiet.register_buffer("scratch", bp.zeros(1), persistent=False)
    quiet.scratch = bp.ones(1)
    assert list(quiet.state_dict()) == []
    assert len(list(quiet.buffers())) == 1


def test_a_buffer_counts_in_integers_whatever_the_dtype() -> None:
    net = nn.Module()
    net.register_buffer("steps", bp.asarray(0))
    net.steps = net.steps + 1
    net.double()
    assert net.steps.dtype == bp.int64
    net.load_state_dict({"steps": np.asarray(7)})
    assert net.steps.item() == 7
    net.type("float32")
    assert net.steps.dtype == bp.float32


def test_the_order_of_a_state_is_pytorchs(torch: Any) -> None:
    def build(nn: Any, zeros: Any) -> Any:
        class Mixed(nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("b1", zeros(1))
                self.child = nn.Linear(1, 1)
                self.p1 = nn.Parameter(zeros(1))
                self.register_parameter("p2", None)
                self.register_buffer("b2", zeros(2))
                self.p3 = nn.Parameter(zeros(1))
                self.p2 = nn.Parameter(zeros(2))
                self.same = self.child

        return Mixed()

    us, them = build(nn, bp.zeros), build(torch.nn, torch.zeros)
    assert list(us.state_dict()) == list(them.state_dict())
    assert list(us.state_dict(prefix="a.")) == list(them.state_dict(prefix="a."))
    for listing in ("named_parameters", "named_buffers", "named_modules"):
        for once in (True, False):
            wanted = [n for n, _ in getattr(them, listing)(remove_duplicate=once)]
            assert [n for n, _ in getattr(us, listing)(remove_duplicate=once)] == wanted
    assert us.state_dict(keep_vars=True)["p1"] is us.p1


def test_parts_by_their_dotted_names() -> None:
    net = nn.Sequential(nn.Linear(2, 2), Net())
    assert net.get_submodule("") is net
    assert net.get_submodule("1.inner") is net[1].inner
    assert net.get_parameter("1.inner.weight") is net[1].inner.weight
    assert net.get_buffer("1.mean") is net[1].mean
    net.set_submodule("1.inner", new := nn.Tanh())
    assert net[1].inner is new
    with pytest.raises(AttributeError, match="Net has no module 'outer'; it has inner"):
        net.get_submodule("1.outer.x")
    with pytest.raises(AttributeError, match="Linear has no parameter 'w'; it has weight, bias"):
        net.get_parameter("0.w")
    with pytest.raises(AttributeError, match="Linear has no buffer 'weight'; it has none"):
        net.get_buffer("0.weight")


def test_loading_can_assign() -> None:
    net = nn.Linear(2, 1)
    held = net.weight
    net.weight.requires_grad_(False)
    state = {"weight": bp.ones((1, 2), dtype="float64"), "bias": bp.zeros(1, dtype="float64")}
    assert net.load_state_dict(state, assign=True) == ([], [])
    assert net.weight is not held
    assert isinstance(net.weight, nn.Parameter)
    assert net.weight.data is state["weight"].data
    assert net.weight.dtype == bp.float64
    assert not net.weight.requires_grad
    assert net.bias is not None
    assert net.bias.requires_grad
    with pytest.raises(TypeError, match="got a list, wanted a mapping"):
        net.load_state_dict([1])


def test_where_a_module_goes_can_be_said_in_many_ways() -> None:
    x = bp.zeros(1, dtype="float64", device="strict")
    for move in (
        lambda m: m.to(x),
        lambda m: m.to(device="strict", dtype=bp.float64),
        lambda m: m.to("strict", bp.float64, True),
        lambda m: m.to("strict").type(bp.float64),
    ):
        net = move(nn.Linear(2, 1))
        assert (net.weight.device, net.weight.dtype) == ("strict", bp.float64)


def test_gradients_are_forgotten_or_filled_with_zeros() -> None:
    net = nn.Linear(2, 1)
    net(bp.ones((1, 2))).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.tolist() == [[0.0, 0.0]]
    net.zero_grad()
    assert net.weight.grad is None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_have_parts_of_their_own(duplicate: Any) -> None:
    net = nn.Sequential(
        nn.ModuleList([nn.Linear(2, 1)]), nn.ModuleDict({"a": nn.PReLU()}),
        nn.ParameterList([bp.zeros(1)]), nn.ParameterDict({"k": bp.ones(2)}),
    )  # fmt: skip
    net.register_buffer("absent", None)
    other = duplicate(net)
    assert list(other.state_dict()) == list(net.state_dict())
    assert repr(other) == repr(net)
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        assert a is not b
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    other.absent = bp.ones(1)
    assert "absent" in other.state_dict()


def test_a_frozen_part_has_no_gradient_and_lets_others_have_theirs() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    net[2].requires_grad_(False)
    net(bp.ones((1, 2))).sum().backward()
    assert net[2].weight.grad is None
    assert net[0].weight.grad is not None
