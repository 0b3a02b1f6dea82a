"""What is to be compared: models, batch sizes, widths, dtypes, devices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import backends

from ..train.architecture import architecture
from ..train.settings import Settings, choose

DTYPES = ("float32", "float64", "tf32", "bf16")
BATCH_SIZES = (1, 32, 256, 2048)
WIDTHS = (32, 128, 512, 2048)
"""Of the hidden layers, where no model was named."""
MODEL = "mlp:128,128"
_WIDE = {"mlp": None, "cnn": None, "lstm": 0, "gru": 0, "transformer": 1}
"""Networks that have a width, and which of their sizes it is (None: all)."""


@dataclass(frozen=True)
class Plan:
    """What to measure, and for how long.

    Attributes:
        data: a published data set's name, or a file.
        target, task: of a table, as `backprop.data.load` takes them.
        model: as in `Settings`; None: an mlp of two hidden layers.
        batch_sizes: samples a step.
        widths: what the model's sizes become, one after another; empty: the model's own sizes, or
            `WIDTHS` where no model was named.
        dtypes: "float32", "float64", "tf32" and "bf16" (float32 whose products may round their
            factors: see `backprop.set_float32_matmul_precision`).
        devices: names, the first is the reference; empty: all that work here.
        optimizer, lr, seed: as in `Settings`.
        seconds: how long each timing goes on, if five samples take no longer.
        warmup: steps before the timing; at least three, since the second step records.
        parity_steps: how many steps are compared between devices.
        accuracy: the validation accuracy that is trained for; 0: none.
        accuracy_seconds: the most time of such a training.
        peak_seconds: how long the device's own matrix products are timed.

    Raises:
        ValueError: one of them makes no sense.
    """

    data: str = "digits"
    target: str | None = None
    task: str | None = None
    model: str | None = None
    batch_sizes: tuple[int, ...] = BATCH_SIZES
    widths: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ("float32",)
    devices: tuple[str, ...] = ()
    optimizer: str = "adam"
    lr: float | None = None
    seed: int = 0
    seconds: float = 0.3
    warmup: int = 5
    parity_steps: int = 10
    accuracy: float = 0.95
    accuracy_seconds: float = 5.0
    peak_seconds: float = 0.5

    def __post_init__(self) -> None:
        for name, low in (("batch_sizes", 1), ("widths", 1)):
            put = tuple(sorted(dict.fromkeys(getattr(self, name))))
            object.__setattr__(self, name, put)
            if any(n < low for n in put):
                raise ValueError(f"{name}: got {put[0]}, wanted whole numbers of at least {low}")
        if not self.batch_sizes:
            raise ValueError("batch_sizes: got none, wanted some such as 1,32,256")
        if not self.dtypes:
            raise ValueError("dtypes: got none, wanted some such as float32,tf32")
        for dtype in self.dtypes:
            choose("dtypes", dtype, DTYPES)
        object.__setattr__(self, "dtypes", tuple(dict.fromkeys(self.dtypes)))
        for name, low in (("warmup", 3), ("parity_steps", 1)):
            if getattr(self, name) < low:
                raise ValueError(
                    f"{name}: got {getattr(self, name)}, wanted a whole number of at least {low}"
                )
        for name in ("seconds", "peak_seconds", "accuracy_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, wanted a number above 0")
        if not 0 <= self.accuracy <= 1:
            raise ValueError(
                f"accuracy: got {self.accuracy!r}, wanted a share from 0 (none) to 1, such as 0.95"
            )
        self.models()
        self.settings("cpu", 1, self.model or MODEL, "float32")

    def models(self) -> list[tuple[int | None, str]]:
        """(width, model) of each network that is measured, the narrowest first."""
        model = self.model or MODEL
        widths = self.widths or (() if self.model else WIDTHS)
        if not widths:
            return [(width_of(model), model)]
        return [(w, with_width(model, w)) for w in widths]

    def settings(self, device: str, batch: int, model: str, dtype: str) -> Settings:
        """The settings of one training."""
        return Settings(
            data=self.data, target=self.target, task=self.task, model=model, batch_size=batch,
            optimizer=self.optimizer, lr=self.lr, seed=self.seed, device=device,
            dtype=base(dtype),
        )  # fmt: skip

    def found(self) -> tuple[Plan, dict[str, str]]:
        """The plan with the devices that work here, and why the others do not.

        Raises:
            BackendError: none of those that were asked for works.
            ValueError: there is no such device.
        """
        names, missing = [], {}
        for wanted in self.devices or (*backends.available(), "cuda"):
            trouble = backends.problem(wanted)
            if trouble:
                missing[wanted] = trouble
            else:
                names.append(backends.get(wanted).name)
        if not names:
            raise backends.BackendError("; ".join(missing.values()))
        return replace(self, devices=tuple(dict.fromkeys(names))), missing


def base(dtype: str) -> str:
    """The dtype of the arrays: tf32 and bf16 are ways to multiply float32.

    >>> base("tf32"), base("float64")
    ('float32', 'float64')
    """
    return dtype if dtype in ("float32", "float64") else "float32"


def width_of(model: str) -> int | None:
    """The largest of the sizes that a width stands for; None for a network without one.

    >>> width_of("mlp:128,64"), width_of("transformer:2,32,4"), width_of("lenet")
    (128, 32, None)
    """
    given = architecture(model)
    if given.kind not in _WIDE:
        return None
    place = _WIDE[given.kind]
    return max(given.sizes + given.dense) if place is None else given.sizes[place]


def with_width(model: str, width: int) -> str:
    """The same network, its sizes all this width: every layer of an mlp or cnn, the units of an
    lstm or gru, the width of a transformer.

    >>> with_width("mlp:128,64", 8), with_width("lstm:256,2", 8), with_width("cnn:16/64", 8)
    ('mlp:8,8', 'lstm:8,2', 'cnn:8/8')
    """
    given = architecture(model)
    if given.kind not in _WIDE:
        raise ValueError(f"widths: are for {', '.join(_WIDE)}; {model!r} has sizes of its own")
    place = _WIDE[given.kind]
    sizes = [width if place in (None, i) else n for i, n in enumerate(given.sizes)]
    name = f"{given.kind}:{','.join(map(str, sizes))}"
    if given.dense:
        name += "/" + ",".join(str(width) for _ in given.dense)
    architecture(name)  # the heads of a transformer must divide its width
    return name
