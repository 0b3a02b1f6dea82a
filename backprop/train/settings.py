"""Everything that decides a training, by name, checked and with defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .. import nn
from .architecture import architecture

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU, "gelu": nn.GELU, "silu": nn.SiLU, "softplus": nn.Softplus,
    "identity": nn.Identity,
}  # fmt: skip
LOSSES = {
    "cross-entropy": "classification", "bce": "classification",
    "mse": "regression", "half-squared-error": "regression", "l1": "regression",
    "huber": "regression",
}  # fmt: skip
"""Each loss and the task it is for."""
RATES = {
    "sgd": 0.05, "adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3, "nadam": 2e-3, "radam": 2e-3,
    "adamax": 2e-3, "adagrad": 0.01, "adadelta": 1.0, "lion": 3e-4,
}  # fmt: skip
"""Each optimizer and the learning rate it has by default."""
SCHEDULES = ("constant", "cosine", "one-cycle")
"""Constant; down to 0 along half a cosine, after a short climb; up to the rate and down again."""
TASKS = ("classification", "regression", "text")
DTYPES = ("float32", "float64")
CONTEXT = 64
"""How many characters of a text a network sees at once, by default."""


@dataclass(frozen=True)
class Settings:
    """The settings of a training. None stands for what suits the data: see `completed`.

    Attributes:
        data: a published data set's name, or a file.
        target, task, test: of a table, as `backprop.data.load` takes them.
        model: "linear", "mlp:H1,H2,..." with the sizes of the hidden layers, "cnn:C1,C2/H",
            "lenet", "resnet:N"; for a text "transformer:LAYERS,WIDTH,HEADS", "lstm:UNITS,LAYERS"
            or "gru:...": see `architecture`.
        activation: after each hidden layer.
        loss: see `LOSSES`.
        optimizer: see `RATES`.
        lr: the learning rate.
        momentum: of sgd (by default 0.9) and rmsprop (by default 0).
        weight_decay: of adamw (by default 0.01); for others l2 does the same.
        schedule: how the learning rate changes from step to step: see `SCHEDULES`.
        l2, l1: strengths of the penalties; both together are the elastic net.
        dropout: the share of hidden units that is switched off in training.
        input_dropout: the same for the inputs.
        epochs: the most passes over the training part.
        batch_size: samples a step, or "full".
        patience: epochs without a better validation loss before training stops; 0: never.
        clip_norm: the largest norm of the gradient; None: any.
        device: "auto", "cpu", "cuda", "cuda:1", ...
        capture: whether to replay batches from recordings (`backprop.capture`); None: where it can
            be done.
        dtype: "float32" or "float64".
        seed: of the initial weights, the order of samples, dropout, and the split.
        split: percent for training, validation and test.
        split_seed: of the split alone, where it is to differ from `seed`.
        context: of a text, how many characters the network sees at once.

    Raises:
        ValueError: a setting makes no sense; the message says which, and what was wanted.
    """

    data: str = "digits"
    target: str | int | None = None
    task: str | None = None
    test: str | None = None
    model: str | None = None
    activation: str = "relu"
    loss: str | None = None
    optimizer: str = "adam"
    lr: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    schedule: str = "constant"
    l2: float = 0.0
    l1: float = 0.0
    dropout: float | None = None
    input_dropout: float = 0.0
    epochs: int | None = None
    batch_size: int | str | None = None
    patience: int | None = None
    clip_norm: float | None = None
    device: str = "auto"
    dtype: str = "float32"
    seed: int = 0
    split: str = "80/10/10"
    split_seed: int | None = None
    context: int | None = None
    capture: bool | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.data, str) or not self.data:
            raise ValueError(f"data: got {self.data!r}, wanted a data set's name or a file")
        for name in ("activation", "loss", "optimizer", "task", "dtype", "schedule"):
            value = getattr(self, name)
            if isinstance(value, str):
                put(self, name, value.strip().lower().replace("_", "-"))
        choose("activation", self.activation, ACTIVATIONS)
        choose("loss", self.loss, LOSSES, optional=True)
        choose("optimizer", self.optimizer, RATES)
        choose("schedule", self.schedule, SCHEDULES)
        choose("task", self.task, TASKS, optional=True)
        choose("dtype", self.dtype, DTYPES)
        if self.model is not None:
            architecture(self.model)
        if self.capture not in (None, True, False):
            raise ValueError(f"capture: got {self.capture!r}, wanted true or false")
        for name in ("lr", "clip_norm"):
            self._number(name, math.inf, above=True)
        for name in ("momentum", "dropout", "input_dropout"):
            self._number(name, 1.0)
        for name in ("l2", "l1", "weight_decay"):
            self._number(name, math.inf)
        self._whole("epochs", 1)
        self._whole("patience", 0)
        self._whole("seed", None)
        self._whole("split_seed", None)
        self._whole("context", 1)
        if self.batch_size != "full":
            self._batch_size()
        if self.momentum is not None and self.optimizer not in ("sgd", "rmsprop"):
            raise ValueError(
                f"momentum: is for sgd and rmsprop; {self.optimizer} has its own (its betas)"
            )
        if self.weight_decay is not None and self.optimizer != "adamw":
            raise ValueError(f"weight_decay: is for adamw; with {self.optimizer} use l2")
        self.fractions  # noqa: B018  (raises)

    def _number(self, name: str, high: float, above: bool = False) -> None:
        value = getattr(self, name)
        if value is None and name in _OPTIONAL:
            return
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not 0.0 <= value < high or (above and value == 0):
            text = "above 0" if above else "of at least 0"
            text += f" and below {high:g}" if math.isfinite(high) else ""
            raise ValueError(f"{name}: got {value!r}, wanted a number {text}")
        object.__setattr__(self, name, float(value))

    def _whole(self, name: str, low: int | None) -> None:
        value = getattr(self, name)
        if value is None and name in _OPTIONAL:
            return
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or (low is not None and value < low)
        ):
            text = "" if low is None else f" of at least {low}"
            raise ValueError(f"{name}: got {value!r}, wanted a whole number{text}")

    def _batch_size(self) -> None:
        value = self.batch_size
        if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
            value = int(value)
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(
                f"batch_size: got {self.batch_size!r}, wanted a whole number of at least 1, or "
                "'full' for the full batch"
            )
        object.__setattr__(self, "batch_size", value)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """The split as fractions."""
        try:
            parts = [float(p) for p in str(self.split).split("/")]
        except ValueError:
            parts = []
        if len(parts) != 3 or not all(p >= 0 for p in parts) or abs(sum(parts) - 100) > 1e-6:
            total = f" of sum {sum(parts):g}" if len(parts) == 3 else ""
            raise ValueError(
                f"split: got {self.split!r}{total}, wanted three numbers of sum 100, such as "
                "80/10/10: percent for training, validation and test"
            )
        if parts[0] == 0:
            raise ValueError(f"split: got {self.split!r}, wanted the training part above 0")
        return parts[0] / 100, parts[1] / 100, parts[2] / 100

    @property
    def split_by(self) -> int:
        """The seed of the split."""
        return self.seed if self.split_seed is None else self.split_seed

    def completed(self, task: str, kind: str, rows: int) -> Settings:
        """The settings with what is None filled in to suit the data.

        A table gets two narrow hidden layers, an array a wider one; images some dropout besides; a
        text an LSTM. Larger sets take larger batches and fewer epochs.

        Args:
            task: "classification", "regression" or "text".
            kind: what a row is: "table", "array", "images" or "text".
            rows: how many rows the training part has.

        Raises:
            ValueError: the loss is for another task.
        """
        loss = self.loss or ("mse" if task == "regression" else "cross-entropy")
        if LOSSES[loss] != task and (task, loss) != ("text", "cross-entropy"):
            wanted = ", ".join(name for name, t in LOSSES.items() if t == task) or "cross-entropy"
            raise ValueError(
                f"loss: got {loss!r}, which is for {LOSSES[loss]}; wanted one of {wanted}, for "
                f"{task} (choose the task with task)"
            )
        momentum = {"sgd": 0.9, "rmsprop": 0.0}.get(self.optimizer)
        decay = 0.01 if self.optimizer == "adamw" else None
        many = rows >= 10_000
        chosen: dict[str, Any] = {
            "task": task,
            "model": "mlp:50,50" if kind == "table" else "mlp:128",
            "dropout": 0.2 if kind == "images" and task == "classification" else 0.0,
            "loss": loss,
            "lr": RATES[self.optimizer],
            "momentum": momentum,
            "weight_decay": decay,
            "epochs": 20 if many else 40 if rows >= 1000 else 200,
            "batch_size": 64 if many else 32,
            "patience": 10,
        }
        if kind == "text":
            chosen |= {
                "model": "lstm:256", "dropout": 0.1, "epochs": 10, "batch_size": 32,
                "clip_norm": 1.0, "context": CONTEXT,
            }  # fmt: skip
            if self.optimizer in ("adam", "adamw"):
                chosen["lr"] = 3e-3
        return replace(self, **{k: v for k, v in chosen.items() if getattr(self, k) is None})

    def with_whole_paths(self) -> Settings:
        """The settings with files named by their whole paths, so that they work from anywhere."""
        changed: dict[str, Any] = {}
        for name in ("data", "test"):
            value = getattr(self, name)
            if value is not None and Path(value).is_file():
                changed[name] = str(Path(value).resolve())
        return replace(self, **changed)

    def network(self) -> dict[str, Any]:
        """The settings a saved model needs, to be built again and judged."""
        names = ("task", "model", "activation", "dropout", "input_dropout", "loss", "dtype")
        return {k: getattr(self, k) for k in names}

    def to_dict(self) -> dict[str, Any]:
        """The settings that are not None, by name."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], where: str = "settings") -> Settings:
        """Settings by name, with underscores or hyphens.

        Raises:
            ValueError: an unknown name, a value of the wrong kind, ...
        """
        return cls(**known_names(given, where))


_OPTIONAL = {f.name for f in fields(Settings) if f.default is None}


def known_names(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The settings under the names of the fields; ValueError for a name that is none."""
    names = [f.name for f in fields(Settings)]
    out: dict[str, Any] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in names:
            raise ValueError(
                f"{where}: unknown setting {key!r}, wanted some of {', '.join(names)}"
                + guess(name, names)
            )
        if name in out:
            raise ValueError(f"{where}: {key!r} is given twice, with a hyphen and an underscore")
        if isinstance(value, (list, dict)):
            raise ValueError(f"{where}: {key}: got {value!r}, wanted a single value")
        out[name] = value
    return out


def choose(
    name: str, value: Any, choices: Sequence[str] | Mapping[str, Any], optional: bool = False
) -> None:
    """Raise ValueError unless the value is one of the choices (or None, where that may be)."""
    if value in choices or (optional and value is None):
        return
    wanted = ", ".join(choices)
    raise ValueError(
        f"{name}: got {value!r}, wanted one of {wanted}{guess(str(value), list(choices))}"
    )


def guess(name: str, names: Sequence[str]) -> str:
    """' Did you mean ...?', where a name is near one of those there are; else ''."""
    close = get_close_matches(name.lower(), names, 1)
    return f". Did you mean {close[0]!r}?" if close else ""
