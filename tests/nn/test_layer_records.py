"""Every record: the same numbers, derivatives, state and names as PyTorch's; and by differences.

Both libraries build the layer, take over the same parameters by name, and are called with the same
inputs. What is compared: the outputs, their structure, the gradients by inputs and parameters, the
second derivatives, and the buffers that the call changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from layer_records import every
from layer_records.record import Record

import backprop as bp

Arrays = dict[str, np.ndarray]
RECORDS = every()
NAMES = [str(r) for r in RECORDS]
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")


class Ours:
    """backprop, under the few names the comparison needs."""

    nn = bp.nn

    def __init__(self, device: str, dtype: str) -> None:
        bp.set_default_device(device)
        bp.set_default_dtype(dtype)

    def tensor(self, array: np.ndarray, variable: bool = False) -> Any:
        return bp.asarray(array, requires_grad=variable)

    def gradients(self, outputs: list[Any], xs: list[Any], again: bool) -> list[Any]:
        return list(bp.autodiff.gradients(outputs, xs, create_graph=again))

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, bp.Tensor)

    def host(self, x: Any) -> np.ndarray:
        return x.detach().numpy()


class Theirs:
    """PyTorch, under the same names."""

    def __init__(self, torch: Any, dtype: str) -> None:
        self.torch, self.nn, self.dtype = torch, torch.nn, dtype

    def tensor(self, array: np.ndarray, variable: bool = False) -> Any:
        return self.torch.tensor(array, requires_grad=variable)

    def gradients(self, outputs: list[Any], xs: list[Any], again: bool) -> list[Any]:
        return list(
            self.torch.autograd.grad(
                sum(outputs), xs, create_graph=again, allow_unused=True, retain_graph=True
            )
        )

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self.torch.Tensor)

    def host(self, x: Any) -> np.ndarray:
        return x.detach().numpy(force=True)


def _cast(array: Any, dtype: str) -> Any:
    floating = isinstance(array, np.ndarray) and array.dtype.kind == "f"
    return array.astype(dtype) if floating else array


def _given(library: Any, value: Any, dtype: str) -> Any:
    return library.tensor(_cast(value, dtype)) if isinstance(value, np.ndarray) else value


def _layer(library: Any, record: Record, dtype: str) -> Callable[..., Any]:
    """The layer, or the function with its arguments."""
    if record.make is not None:
        layer = record.make(library.nn)
    else:
        args = [_given(library, a, dtype) for a in record.args]
        kwargs = {k: _given(library, v, dtype) for k, v in record.kwargs.items()}
        if record.is_function:
            function = getattr(library.nn.functional, record.name.removeprefix("functional."))
            return lambda *xs, **call: function(*xs, *args, **kwargs, **call)
        layer = getattr(library.nn, record.name)(*args, **kwargs)
    if isinstance(library, Theirs) and isinstance(layer, library.nn.Module):
        layer = layer.to(getattr(library.torch, dtype))
    return layer


def _parameters(shapes: dict[str, tuple[int, ...]], dtype: str) -> Arrays:
    rng = np.random.default_rng(5)
    return {k: (rng.standard_normal(s) * 0.5 + 0.1).astype(dtype) for k, s in shapes.items()}


def _leaves(library: Any, out: Any) -> Iterator[Any]:
    """The tensors of a result, which may be nested."""
    if library.is_tensor(out):
        yield out
    elif isinstance(out, (tuple, list)):
        for part in out:
            yield from _leaves(library, part)


def _shape_of(library: Any, out: Any) -> Any:
    """The structure of a result: tuples of "tensor" and None."""
    if library.is_tensor(out):
        return "tensor"
    if isinstance(out, (tuple, list)):
        return tuple(_shape_of(library, part) for part in out)
    return out


def _run(library: Any, layer: Any, record: Record, dtype: str, order: int) -> dict[str, Any]:
    """Everything that is compared, by name."""
    arrays = [_cast(a, dtype) for a in record.arrays()]
    inputs = [
        library.tensor(a, a.dtype.kind == "f") if isinstance(a, np.ndarray) else a for a in arrays
    ]
    call = {k: _given(library, v, dtype) for k, v in record.call.items()}
    is_module = isinstance(layer, library.nn.Module)
    out = layer(*inputs, **call)
    found: dict[str, Any] = {"structure": _shape_of(library, out)}
    leaves = list(_leaves(library, out))
    for i, leaf in enumerate(leaves):
        found[f"output {i}"] = library.host(leaf)
    variables = {
        f"input {i}": x for i, (x, a) in enumerate(zip(inputs, arrays, strict=True))
        if isinstance(a, np.ndarray) and a.dtype.kind == "f"
    }  # fmt: skip
    if is_module:
        variables |= {k: p for k, p in layer.named_parameters() if p.requires_grad}
    rng = np.random.default_rng(7)
    level = [leaf for leaf in leaves if leaf.requires_grad]
    for number in range(1, order + 1):
        weighted = [
            (x * library.tensor(np.asarray(rng.standard_normal(tuple(x.shape)), dtype))).sum()
            for x in level
        ]
        weighted = [w for w in weighted if w.requires_grad]
        if not weighted or not variables:
            break
        slopes = library.gradients(weighted, list(variables.values()), number < order)
        for (name, x), slope in zip(variables.items(), slopes, strict=True):
            nothing = np.zeros(tuple(x.shape))
            found[f"derivative {number} by {name}"] = (
                nothing if slope is None else library.host(slope)
            )
        # What does not depend on the variables counts as 0 in one library, and is None in another:
        # both draw the same weights only if both keep it.
        level = [
            s if s is not None else library.tensor(np.zeros(tuple(x.shape), dtype))
            for x, s in zip(variables.values(), slopes, strict=True)
        ]
    if is_module:
        for name, value in layer.state_dict().items():
            found[f"state {name}"] = library.host(value)
    return found


def _compare(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> None:
    assert ours["structure"] == theirs["structure"]
    for name, wanted in theirs.items():
        if name == "structure":
            continue
        if name not in ours:  # no graph is left here: the derivative is 0 there
            assert name.startswith("derivative"), f"{name} is missing"
            np.testing.assert_allclose(wanted, 0, atol=tolerance, err_msg=name)
            continue
        got = ours[name]
        assert got.shape == wanted.shape, name
        if not name.startswith("derivative"):
            assert got.dtype == wanted.dtype, name
        finite = np.abs(wanted[np.isfinite(wanted)]) if wanted.dtype.kind == "f" else []
        scale = max(1.0, float(np.max(finite, initial=0.0)))
        np.testing.assert_allclose(
            got, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=name
        )
    for name in ours.keys() - theirs.keys():  # PyTorch's graph has ended: the derivative is 0
        assert name.startswith("derivative"), name
        np.testing.assert_allclose(ours[name], 0, atol=tolerance, err_msg=name)


def _both(record: Record, device: str, torch: Any, dtype: str, order: int, tol: float) -> None:
    for mode in record.modes:
        us, them = Ours(device, dtype), Theirs(torch, dtype)
        theirs = _layer(them, record, dtype)
        ours = _layer(us, record, dtype)
        if isinstance(theirs, torch.nn.Module):
            state = {k: v.numpy() for k, v in theirs.state_dict().items()}
            named = {k: tuple(p.shape) for k, p in theirs.named_parameters()}
            state |= _parameters(named, dtype)
            mine = ours.state_dict()
            assert list(mine) == list(state), "names of the state"
            assert {k: v.dtype for k, v in mine.items()} == {k: v.dtype for k, v in state.items()}
            ours.load_state_dict(state)
            theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
            ours.train(mode == "train")
            theirs.train(mode == "train")
        _compare(
            _run(us, ours, record, dtype, order), _run(them, theirs, record, dtype, order), tol
        )


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_it_is_pytorchs(record: Record, backend: Any, torch: Any) -> None:
    _both(record, backend.name, torch, "float64", record.order, 1e-9)


@pytest.mark.parametrize("record", [r for r in RECORDS if r.single], ids=str)
def test_it_is_pytorchs_in_float32(record: Record, backend: Any, torch: Any) -> None:
    _both(record, backend.name, torch, "float32", 1, 1e-5)


@pytest.mark.parametrize("record", [r for r in RECORDS if not r.kinks], ids=str)
def test_its_derivatives_are_those_of_its_values(record: Record) -> None:
    """Against finite differences, to second order: needs no other library."""
    library = Ours("cpu", "float64")
    layer = _layer(library, record, "float64")
    arrays = record.arrays()
    at = [i for i, a in enumerate(arrays) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    given = [bp.asarray(a) if isinstance(a, np.ndarray) else a for a in arrays]
    call = {k: _given(library, v, "float64") for k, v in record.call.items()}
    is_module = isinstance(layer, bp.nn.Module)
    owners = _owners(layer) if is_module else {}
    if is_module:
        layer.train("train" in record.modes)
        state = layer.state_dict()
        drawn = _parameters({k: p.shape for k, p in layer.named_parameters()}, "float64")
        layer.load_state_dict({**{k: v.numpy() for k, v in state.items()}, **drawn})
    kept = {k: v.numpy().copy() for k, v in layer.state_dict().items()} if is_module else {}

    def function(*xs: Any) -> Any:
        for name, buffer in layer.named_buffers() if is_module else ():  # as they were at first
            buffer.copy_(bp.asarray(kept[name], dtype=buffer.dtype))
        for i, x in zip(at, xs, strict=False):
            given[i] = x
        for (module, key), x in zip(owners.values(), xs[len(at) :], strict=True):
            vars(module)[key] = x
        out = layer(*given, **call)
        return tuple(x for x in _leaves(library, out) if x.dtype.kind == "f")

    variables = [given[i] for i in at]
    variables += [bp.asarray(vars(m)[k].detach().numpy()) for m, k in owners.values()]
    if variables:
        assert bp.gradcheck(function, variables, order=2, rtol=1e-4, atol=1e-5)


def _owners(layer: bp.nn.Module) -> dict[str, tuple[bp.nn.Module, str]]:
    """Where each parameter is: its module and attribute."""
    found = {}
    for prefix, module in layer.named_modules():
        for key, value in vars(module).items():
            if isinstance(value, bp.nn.Parameter) and value.requires_grad:
                found[f"{prefix}.{key}"] = (module, key)
    return found
