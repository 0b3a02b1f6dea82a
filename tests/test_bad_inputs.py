"""A table of bad inputs of the library, each with its error.

Every message names the argument, what was got and what was wanted. (Those of the command are in
tests/cli, those of data files in tests/data.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backprop import data, io, nn, optim
from backprop.train import Accuracy, Printer

f4 = np.float32
X, Y = np.zeros((4, 2), f4), np.zeros((4, 1), f4)
Z = bp.asarray(np.zeros((4, 3), f4))  # scores of three classes


def t(*shape: int) -> bp.Tensor:
    return bp.asarray(np.ones(shape, f4))


def v(*shape: int) -> bp.Tensor:
    return bp.asarray(np.ones(shape, f4), requires_grad=True)


def params() -> Any:
    return nn.Linear(2, 1).parameters()


def trainer(model: Any = None, loss: Any = None, optimizer: Any = None, **options: Any) -> Any:
    model = model or nn.Linear(2, 1)
    if optimizer is None:
        optimizer = optim.SGD(model.parameters())
    options = {"device": "cpu", "callbacks": [], **options}
    return bp.Trainer(model, loss or nn.MSELoss(), optimizer, **options)


class Double(bp.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


class NoTensor(Double):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return 1.0


class TwoGradients(Double):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, g


class WrongShape(Double):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return t(3)


class SavesNumber(Double):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(3)
        return x * 2


# (what is wrong, the call, the error, argument ... got ... wanted)
CASES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    # arrays and tensors
    ("text for numbers", lambda: bp.asarray("abc"), TypeError,
     "asarray: got str of <U3, wanted numbers"),
    ("None among numbers", lambda: bp.asarray([None, 1.0]), TypeError,
     "asarray: got list of object, wanted numbers"),
    ("ragged rows", lambda: bp.asarray([[1.0], [1.0, 2.0]]), ValueError,
     "asarray: got rows of different lengths"),
    ("no such dtype", lambda: bp.asarray([1.0], dtype="floaty"), TypeError,
     "dtype: got 'floaty', wanted a dtype such as backprop.float32"),
    ("no such device", lambda: bp.asarray([1.0], device="tpu"), ValueError,
     "got 'tpu', wanted 'auto', 'cpu', 'cuda', 'cuda:N' .* or 'strict'"),
    ("a gradient for integers", lambda: bp.asarray([1], requires_grad=True), TypeError,
     "requires_grad: got dtype int64, wanted a floating-point one; convert it first"),
    ("no copy between devices",
     lambda: bp.asarray(np.zeros(2), device="strict", copy=False), ValueError,
     "copy: got False, but moving to strict needs a copy"),
    ("a NumPy array as operand", lambda: t(2) + np.ones(2), TypeError,
     r"add: y is a numpy.ndarray, wanted a Tensor or a Python number; wrap it.*asarray\(y\)"),
    ("shapes that do not broadcast", lambda: t(2, 3) + t(3, 2), ValueError,
     r"add: x has shape \(2, 3\), y has shape \(3, 2\): wanted shapes that broadcast"),
    ("a NumPy array among those to join",
     lambda: bp.concat([t(2), np.ones(2)]), TypeError,  # type: ignore[list-item]
     r"concat: arrays\[1\] is a numpy.ndarray, wanted a Tensor"),
    ("a list for an array", lambda: bp.Tensor([1.0]), TypeError,
     r"Tensor: data: got a list, wanted an array; use backprop.asarray\(data\)"),
    ("many numbers as a float", lambda: float(t(3)), ValueError,
     r"float: got shape \(3,\), wanted a tensor of one element"),
    ("a gradient by an integer", lambda: bp.grad(lambda x: x * x)(3), TypeError,
     "argument 0 of <lambda>: dtype int64, wanted a floating-point one .*; convert it first"),
    ("a gradient of many numbers", lambda: bp.grad(lambda x: x * x)(t(3)), ValueError,
     r"grad: .* shape \(3,\), wanted a single number; reduce it .*or take all its derivatives by"),
    ("the point where the argnums belong",
     lambda: bp.jacobian(lambda x: x * x, t(3)), TypeError,  # type: ignore[arg-type]
     r"argnums: got tensor.*wanted an integer or several; to differentiate f at x call grad\(f\)"),
    ("softmax of integers", lambda: bp.asarray([1, 2]).softmax(0), TypeError,
     "softmax: input: got dtype int64, wanted real floating-point numbers; convert it first"),
    ("softmax along no axis", lambda: nn.functional.log_softmax(t(2, 3), dim=2),
     np.exceptions.AxisError, r"log_softmax: dim: got 2, wanted -2 .. 1 for shape \(2, 3\)"),
    ("a gradient by a named argument", lambda: bp.grad(lambda x: x * x)(x=1.0), ValueError,
     "argnums: got 0, but <lambda> was called with 0 arguments by position"),
    ("a list as argument", lambda: bp.exp([1.0]), TypeError,  # type: ignore[arg-type]
     r"exp: x is a list, wanted a Tensor; wrap it first: backprop.asarray\(x\)"),
    ("two devices", lambda: t(2) + t(2).to_device("strict"), ValueError,
     r"add: x is on cpu, y is on strict; move one with .to_device\(...\)"),
    ("transpose of a vector", lambda: t(3).T, ValueError,
     r"T: got shape \(3,\), wanted a matrix; use .mT or .permute"),
    ("many numbers as one", lambda: t(3).item(), ValueError,
     r"item: got shape \(3,\), wanted a tensor of one element"),
    ("truth of many numbers", lambda: bool(t(3)), ValueError,
     r"the truth of a tensor of shape \(3,\) is ambiguous"),
    ("NumPy of a variable", lambda: v(2).numpy(), RuntimeError,
     r"numpy: this tensor requires a gradient; use .detach\(\).numpy\(\)"),
    ("a gradient of another shape", lambda: setattr(v(2), "grad", t(3)), ValueError,
     r"grad: got shape \(3,\), wanted the tensor's, \(2,\)"),
    ("numbers for truth values", lambda: t(2) & t(2), TypeError,
     "&: got float32, wanted truth values"),
    ("a copy of another shape", lambda: v(2).copy_(t(3)), ValueError,
     r"copy_: got shape \(3,\), wanted \(2,\)"),
    # derivatives
    ("backward from many numbers", lambda: (v(2) * 2).backward(), ValueError,
     r"backward: the result has shape \(2,\), wanted a single number; reduce it"),
    ("backward from a gradient of another shape", lambda: (v(2) * 2).backward(t(3)), ValueError,
     r"backward: the gradient has shape \(3,\), wanted the result's, \(2,\)"),
    ("backward without a variable", lambda: t(2).sum().backward(), RuntimeError,
     "backward: the result does not depend on any Tensor with requires_grad=True"),
    ("derivative by integers", lambda: bp.grad(lambda a: a.sum())(bp.asarray([1])), TypeError,
     "argument 0 of <lambda>: dtype int64, wanted a floating-point one"),
    ("derivative by no argument", lambda: bp.grad(lambda a: a.sum(), argnums=3)(v(2)), ValueError,
     "argnums: got 3, but <lambda> was called with 1 arguments"),
    ("derivative of a number", lambda: bp.grad(lambda a: 1.0)(v(2)), TypeError,
     "grad: the function returned a float, wanted a Tensor"),
    ("a third order", lambda: bp.gradcheck(lambda x: x, [v(2).double()], order=3), ValueError,
     "order: got 3, wanted 1 or 2"),
    ("gradcheck in single precision", lambda: bp.gradcheck(lambda x: x, [v(2)]), TypeError,
     r"xs\[0\]: got float32, wanted float64 or complex128"),
    ("gradcheck of integers", lambda: bp.gradcheck(lambda x: x, [bp.asarray([1])]), TypeError,
     "xs: no input is floating-point, so there is nothing to check"),
    ("a Function's forward", lambda: NoTensor.apply(v(2)), TypeError,
     "NoTensor.forward returned a float, wanted Tensors"),
    ("a Function's gradients", lambda: TwoGradients.apply(v(2)).sum().backward(), RuntimeError,
     "TwoGradients.backward returned 2 gradients, wanted 1: one for each argument of forward"),
    ("a Function's gradient's shape", lambda: WrongShape.apply(v(2)).sum().backward(), ValueError,
     r"WrongShape.backward: gradient 0 has shape \(3,\), wanted its argument's, \(2,\)"),
    ("a Function's saved number", lambda: SavesNumber.apply(v(2)), TypeError,
     "save_for_backward: got a int, wanted Tensors or None; keep other values as attributes"),
    ("a Function's variable by name", lambda: Double.apply(x=v(2)), TypeError,
     "Double.apply: x requires a gradient, and only positional arguments get one"),
    # backends and defaults
    ("no such backend", lambda: backends.get("gpu"), ValueError,
     "got 'gpu', wanted 'auto', 'cpu', 'cuda', 'cuda:N' .* or 'strict'"),
    ("a backend's number", lambda: backends.get(0), TypeError,  # type: ignore[arg-type]
     "got 0, wanted a string such as 'cpu', 'cuda' or 'auto'"),
    ("the backend of a list", lambda: backends.of([1.0]), TypeError,
     "array: got a builtins.list, wanted an array of NumPy, CuPy or array-api-strict"),
    ("a seed that is no number", lambda: bp.manual_seed("a"), TypeError,  # type: ignore[arg-type]
     "seed: got 'a', wanted an integer"),
    ("a default dtype of integers", lambda: bp.set_default_dtype(bp.int32), ValueError,
     "dtype: got int32, wanted float32 or float64"),
    # layers and losses
    ("no inputs", lambda: nn.Linear(0, 1), ValueError,
     "Linear: in_features: got 0, wanted a whole number of at least 1"),
    ("half an output", lambda: nn.Linear(2, 1.5), ValueError,  # type: ignore[arg-type]
     "Linear: out_features: got 1.5, wanted a whole number of at least 1"),
    ("too many features", lambda: nn.Linear(2, 1)(t(4, 3)), ValueError,
     r"linear: input has shape \(4, 3\), wanted 2 features in its last axis"),
    ("float64 into float32", lambda: nn.Linear(2, 1)(t(4, 2).double()), TypeError,
     r"linear: input is float64 and the weight float32; convert the data \(x.astype"),
    ("a NumPy array into a layer", lambda: nn.Linear(2, 1)(X), TypeError,  # type: ignore[arg-type]
     r"linear: input is a numpy.ndarray, wanted a Tensor; wrap it first: backprop.asarray"),
    ("a probability above 1", lambda: nn.Dropout(1.5), ValueError,
     "Dropout: p: got 1.5, wanted a probability from 0 to 1"),
    ("a function as a layer", lambda: nn.Sequential(nn.functional.relu), TypeError,
     r"Sequential: 0 is a function, wanted a Module \(.*nn.ReLU\(\)\)"),
    ("another network's state",
     lambda: nn.Linear(2, 1).load_state_dict({"weight": np.zeros((3, 3)), "w": Y}), ValueError,
     r"(?s)load_state_dict: .*weight: got shape \(3, 3\), wanted \(1, 2\).*bias: missing.*"
     "w: unexpected, Linear has none"),
    ("a network of integers", lambda: nn.Linear(2, 1).to(bp.int64), TypeError,
     "dtype: got int64, wanted float32 or float64"),
    ("a prediction for each pair", lambda: nn.MSELoss()(t(4, 1), t(4)), ValueError,
     r"mse_loss: input has shape \(4, 1\) and target \(4,\), wanted the same; reshape"),
    ("a class too many", lambda: nn.CrossEntropyLoss()(Z, bp.asarray([0, 1, 2, 3])), ValueError,
     "cross_entropy: target holds class 3, wanted 0 to 2 for 3 scores a sample"),
    ("classes as floats", lambda: nn.CrossEntropyLoss()(Z, t(4)), TypeError,
     "cross_entropy: target has dtype float32, wanted integer class indices"),
    ("a weight for each class",
     lambda: nn.CrossEntropyLoss(t(2))(Z, bp.asarray([0, 1, 2, 0])), ValueError,
     r"cross_entropy: weight has shape \(2,\), wanted one a class, \(3,\)"),
    ("no such reduction", lambda: nn.MSELoss(reduction="average"), ValueError,
     "reduction: got 'average', wanted 'mean', 'sum' or 'none'"),
    ("logits for probabilities", lambda: nn.BCELoss()(t(2) * 3, t(2)), ValueError,
     r"binary_cross_entropy: input has values outside \[0, 1\], wanted probabilities; for logits"),
    ("a negative penalty", lambda: nn.L2Penalty(-1.0), ValueError,
     "strength: got -1.0, wanted a number of at least 0"),
    # optimizers
    ("nothing to learn", lambda: optim.SGD([]), ValueError,
     r"params: got no parameters; pass model.parameters\(\)"),
    ("a negative rate", lambda: optim.SGD(params(), lr=-0.1), ValueError,
     "SGD: lr: got -0.1, wanted a number of at least 0"),
    ("an average that never forgets", lambda: optim.Adam(params(), betas=(0.9, 1.0)), ValueError,
     r"Adam: betas: got \(0.9, 1.0\), wanted two numbers of at least 0 and below 1"),
    ("arrays for parameters", lambda: optim.Adam([X]), TypeError,
     r"params: got a ndarray, wanted parameters \(Tensors\)"),
    ("no such setting", lambda: optim.SGD([{"params": params(), "rate": 1.0}]), ValueError,
     "params: unknown setting 'rate', wanted one of dampening, lr, maximize, momentum"),
    ("a negative norm", lambda: optim.clip_grad_norm_(params(), -1.0), ValueError,
     "max_norm: got -1.0, wanted a number of at least 0"),
    # data
    ("an empty batch", lambda: data.DataLoader((X, Y), batch_size=0), ValueError,
     "batch_size: got 0, wanted at least 1, or None for the full batch"),
    ("too few targets", lambda: data.DataLoader((X, Y[:3])), ValueError,
     "y: got 3 rows beside 4 of x, wanted one target for each row"),
    ("no rows", lambda: data.DataLoader((X[:0], Y[:0])), ValueError,
     "x: got 0 rows, wanted at least 1; the data set is empty"),
    ("more than everything", lambda: data.split(10, (0.5, 0.6)), ValueError,
     r"fractions: got \(0.5, 0.6\) of sum 1.1, wanted a sum of 1"),
    ("targets that are missing", lambda: data.Dataset(X, np.float64([1, np.nan, 1, 1])),
     ValueError, "y: got nan in row 1, wanted finite numbers"),
    ("one column without an axis", lambda: data.Dataset(X[:, 0], Y), ValueError,
     r"x: got shape \(4,\), wanted \(N, ...\), one row per example; .* use x\[:, None\]"),
    # training
    ("a function for a model", lambda: bp.Trainer(  # type: ignore[arg-type]
        lambda x: x, nn.MSELoss(), optim.SGD(params())), TypeError,
     "model: got function, wanted a Module"),
    ("an optimizer without parentheses", lambda: trainer(optimizer=optim.SGD), TypeError,
     "optimizer: got the class SGD itself, wanted an Optimizer"),
    ("another model's optimizer", lambda: trainer(optimizer=optim.SGD(params())), ValueError,
     "optimizer: holds no parameter of the model; make it for this model"),
    ("a loss without parentheses", lambda: trainer(loss=nn.MSELoss), TypeError,
     r"loss: got the class MSELoss itself, wanted something to call: loss\(output, target\)"),
    ("a loss for each sample", lambda: trainer(loss=nn.MSELoss(reduction="none")), ValueError,
     "loss: got reduction 'none', wanted 'mean' or 'sum': one number a batch"),
    ("a loss that returns a float", lambda: trainer(loss=lambda y, t: 1.0).fit((X, Y)), TypeError,
     "loss: it returned float, wanted a Tensor of one number"),
    ("a loss that returns many", lambda: trainer(loss=lambda y, t: y - t).evaluate((X, Y)),
     TypeError, r"loss: it returned shape \(4, 1\), wanted a Tensor of one number"),
    ("a penalty for a strength", lambda: trainer(penalty=0.1), TypeError,
     r"penalty: got float, wanted something to call: penalty\(model\)"),
    ("a penalty that returns a float", lambda: trainer(penalty=lambda m: 0.1).fit((X, Y)),
     TypeError, "penalty: it returned float, wanted a Tensor of one number"),
    ("no such metric", lambda: trainer(metric="f1"), ValueError,
     "metric: got 'f1', wanted a Metric, 'auto' or None"),
    ("a metric without parentheses", lambda: trainer(metric=Accuracy), TypeError,
     "metric: got the class Accuracy itself, wanted a Metric, 'auto' or None"),
    ("a callback alone", lambda: trainer(callbacks=Printer()), TypeError,
     "callbacks: got Printer, wanted a list of Callbacks"),
    ("a function for a callback", lambda: trainer(callbacks=[print]), TypeError,
     "callbacks: got builtin_function_or_method, wanted a list of Callbacks"),
    ("a norm of 0", lambda: trainer(clip_norm=0), ValueError,
     "clip_norm: got 0, wanted a positive number, or None"),
    ("looks between batches", lambda: trainer(check_every=0), ValueError,
     "check_every: got 0, wanted a whole number of at least 1"),
    ("no such device to train on", lambda: trainer(device="gpu"), ValueError,
     "got 'gpu', wanted 'auto', 'cpu', 'cuda'"),
    ("half an epoch", lambda: trainer().fit((X, Y), epochs=0.5), ValueError,
     "epochs: got 0.5, wanted a whole number of at least 0"),
    ("epochs from text", lambda: trainer().fit((X, Y), epochs="3"), ValueError,
     "epochs: got '3', wanted a whole number of at least 0"),
    ("no patience at all", lambda: trainer().fit((X, Y), patience=0), ValueError,
     "patience: got 0, wanted a whole number of at least 1"),
    ("a negative fall", lambda: trainer().fit((X, Y), min_delta=-1.0), ValueError,
     "min_delta: got -1.0, wanted a number of at least 0"),
    ("inputs without targets", lambda: trainer().fit(X), TypeError,
     r"data: got ndarray, wanted a Dataset or a pair \(x, y\) of arrays"),
    ("resuming from nowhere", lambda: trainer().fit((X, Y), resume=True), ValueError,
     "resume: needs checkpoint=, the file to go on from"),
    ("predicting a single number's worth", lambda: trainer().predict([1.0, 2.0]), ValueError,
     r"x: got shape \(2,\), wanted at least one sample \(N, features\)"),
    # files
    ("a list of tensors", lambda: io.save_tensors("f", [X]), TypeError,  # type: ignore[arg-type]
     "tensors: got a list, wanted a dict of names"),
    ("a number for a name",
     lambda: io.save_tensors("f", {1: X}), TypeError,  # type: ignore[dict-item]
     "tensors: got 1 for a name, wanted text"),
    ("objects in a file", lambda: io.save_tensors("f", {"a": np.array([None])}), TypeError,
     "tensors: 'a' has dtype object, wanted one that safetensors files hold: bool, "),
    ("metadata that are no JSON", lambda: io.save_tensors("f", {"a": X}, {"b": X}), TypeError,
     "metadata: got what JSON cannot hold .*ndarray"),
    ("no file", lambda: io.load_tensors("nope.safetensors"), FileNotFoundError,
     "there is no file nope.safetensors"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "says"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_bad_input(
    call: Callable[[], Any], error: type[Exception], says: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as caught:
        call()
    assert caught.type is error
    assert re.search(says, str(caught.value)), str(caught.value)
    assert list(tmp_path.iterdir()) == []  # nothing was written by halves


def test_the_table_is_long_enough_and_says_what_was_wanted() -> None:
    assert len(CASES) >= 30
    assert len({name for name, *_ in CASES}) == len(CASES)
    telling = [name for name, _, _, says in CASES if "wanted" in says or "got" in says]
    assert len(telling) >= 0.8 * len(CASES)
