"""Small models drawn at random: captured they train as they do when run as they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from capturing_twice import ANY, agree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backprop as bp
from backends import record
from backends.cpu import CPU

nn = bp.nn

ACTIVATIONS = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "sigmoid": nn.Sigmoid, "elu": nn.ELU,
    "silu": nn.SiLU, "leaky": lambda: nn.LeakyReLU(0.1), "softplus": nn.Softplus,
    "hardtanh": nn.Hardtanh, "prelu": nn.PReLU, "rrelu": nn.RReLU, "none": nn.Identity,
}  # fmt: skip

BETWEEN = {
    "dropout": lambda n: nn.Dropout(0.4),
    "alpha_dropout": lambda n: nn.AlphaDropout(0.2),
    "batch_norm": lambda n: nn.BatchNorm1d(n),
    "mean_norm": lambda n: nn.BatchNorm1d(n, momentum=None),
    "layer_norm": lambda n: nn.LayerNorm(n),
    "rms_norm": lambda n: nn.RMSNorm(n),
    "group_norm": lambda n: nn.GroupNorm(1, n),
    "none": lambda n: nn.Identity(),
}

LOSSES = {
    "mse": lambda out, y, t: nn.functional.mse_loss(out, t),
    "huber": lambda out, y, t: nn.functional.huber_loss(out, t),
    "cross_entropy": lambda out, y, t: nn.functional.cross_entropy(out, y),
    "smoothed": lambda out, y, t: nn.functional.cross_entropy(out, y, label_smoothing=0.1),
    "nll": lambda out, y, t: nn.functional.nll_loss(bp.nn.functional.log_softmax(out, -1), y),
    "bce": lambda out, y, t: nn.functional.binary_cross_entropy_with_logits(out, t),
    "margin": lambda out, y, t: nn.functional.multi_margin_loss(out, y),
}

OPTIMIZERS = {
    "sgd": lambda ps: bp.optim.SGD(ps, lr=0.05),
    "momentum": lambda ps: bp.optim.SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda ps: bp.optim.SGD(ps, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda ps: bp.optim.Adam(ps, lr=0.05),
    "amsgrad": lambda ps: bp.optim.AdamW(ps, lr=0.05, amsgrad=True),
    "rmsprop": lambda ps: bp.optim.RMSprop(ps, lr=0.01, momentum=0.3),
    "adagrad": lambda ps: bp.optim.Adagrad(ps, lr=0.05),
    "lion": lambda ps: bp.optim.Lion(ps, lr=0.01),
}


class Around(nn.Module):
    """x + f(x)."""

    def __init__(self, inside: nn.Module) -> None:
        self.inside = inside

    def forward(self, x: Any) -> Any:
        return x + self.inside(x)


@st.composite
def plans(draw: Any) -> dict[str, Any]:
    """What there is to a training: layers, a loss, an optimizer, sizes of batches."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
    hidden = [
        {
            "activation": draw(st.sampled_from(sorted(ACTIVATIONS))),
            "between": draw(st.sampled_from(sorted(BETWEEN))),
            "bias": draw(st.booleans()),
            "around": draw(st.booleans()),
        }
        for _ in sizes[1:]
    ]
    return {
        "sizes": sizes,
        "classes": draw(st.integers(2, 4)),
        "hidden": hidden,
        "loss": draw(st.sampled_from(sorted(LOSSES))),
        "optimizer": draw(st.sampled_from(sorted(OPTIMIZERS))),
        "batch": draw(st.integers(2, 40)),
        "partial": draw(st.integers(2, 40)),
        "clip": draw(st.sampled_from([None, 0.1, 1.0])),
        "rate": draw(st.sampled_from([None, 0.5, 0.9])),
        "average": draw(st.booleans()),
        "dtype": draw(st.sampled_from(["float32", "float32", "float64"])),
    }


def training(plan: dict[str, Any]) -> Any:
    def build() -> Any:
        layers: list[nn.Module] = []
        sizes = plan["sizes"]
        for n, m, h in zip(sizes, sizes[1:], plan["hidden"], strict=False):
            layers += [nn.Linear(n, m, bias=h["bias"]), BETWEEN[h["between"]](m)]
            inside = ACTIVATIONS[h["activation"]]()
            layers.append(Around(inside) if h["around"] else inside)
        model = nn.Sequential(*layers, nn.Linear(sizes[-1], plan["classes"]))
        model = model.to(plan["dtype"])
        optimizer = OPTIMIZERS[plan["optimizer"]](model.parameters())
        things = [model, optimizer]
        schedule = None
        if plan["rate"] is not None:
            schedule = bp.optim.lr_scheduler.ExponentialLR(optimizer, plan["rate"])
            things.append(schedule)
        average = None
        if plan["average"]:
            average = bp.optim.swa_utils.AveragedModel(model)
            things.append(average)

        def step(x: Any, y: Any, t: Any) -> Any:
            optimizer.zero_grad()
            out = model(x)
            loss = LOSSES[plan["loss"]](out, y, t)
            loss.backward()
            if plan["clip"] is not None:
                nn.utils.clip_grad_norm_(model.parameters(), plan["clip"])
            optimizer.step()
            if schedule is not None:
                schedule.step()
            if average is not None:
                average.update_parameters(model)
            return loss, out.detach(), (out.argmax(axis=1) == y).astype("float32").mean()

        return step, things

    return build


def batches(plan: dict[str, Any]) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(8):
        n = plan["partial"] if number % 4 == 3 else plan["batch"]
        x = rng.standard_normal((n, plan["sizes"][0])).astype(plan["dtype"])
        t = rng.integers(0, 2, (n, plan["classes"])).astype(plan["dtype"])
        y = rng.integers(0, plan["classes"], n)
        found.append(tuple(map(bp.asarray, (x, y, t))))
    return found


def compare(plan: dict[str, Any]) -> None:
    recordings = 1 + (plan["partial"] != plan["batch"])
    averages = 2 if plan["average"] else 0  # of the first and later models, and an arena for them
    step = agree(training(plan), batches(plan), replays=ANY)
    assert step.recordings <= recordings + averages
    assert step.replays >= 8 - 1 - recordings - averages


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_random_models(plan: dict[str, Any]) -> None:
    compare(plan)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(plans())
def test_random_models_operation_by_operation(plan: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CPU, "replay", lambda self, *args: record.replay(*args))
        compare(plan)
