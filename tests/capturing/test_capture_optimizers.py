"""Every optimizer, its settings and schedules: a captured step is the written one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from capturing_twice import agree, run, same, snapshot

import backprop as bp
from backprop import optim

EVERY: dict[str, Any] = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.1),
    "nesterov": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True, maximize=True),
    "sgd decay": lambda ps: optim.SGD(ps, lr=0.1, weight_decay=0.1),
    "adam": lambda ps: optim.Adam(ps, lr=0.1),
    "amsgrad": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True, weight_decay=0.1),
    "adam maximize": lambda ps: optim.Adam(ps, lr=0.1, maximize=True, eps=0.0),
    "adamw": lambda ps: optim.AdamW(ps, lr=0.1, amsgrad=True),
    "adadelta": lambda ps: optim.Adadelta(ps, weight_decay=0.1),
    "adagrad": lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5),
    "adamax": lambda ps: optim.Adamax(ps, lr=0.1),
    "asgd": lambda ps: optim.ASGD(ps, lr=0.1, t0=3.0),
    "lion": lambda ps: optim.Lion(ps, lr=0.01),
    "nadam": lambda ps: optim.NAdam(ps, lr=0.1, decoupled_weight_decay=True, weight_decay=0.1),
    "radam": lambda ps: optim.RAdam(ps, lr=0.1),
    "rmsprop": lambda ps: optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
    "rprop": lambda ps: optim.Rprop(ps, lr=0.01),
    "muon": lambda ps: optim.Muon([p for p in ps if p.ndim == 2], lr=0.1),
}


def test_the_list_is_complete() -> None:
    made = {type(make(bp.nn.Linear(2, 2).parameters())) for make in EVERY.values()}
    optimizers = {
        c for c in vars(optim).values()
        if isinstance(c, type) and issubclass(c, optim.Optimizer) and c is not optim.Optimizer
    }  # fmt: skip
    assert optimizers - made == {optim.LBFGS}  # see `test_lbfgs_says_...`


def network() -> bp.nn.Module:
    nn = bp.nn
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 3))


def batches(count: int, size: int = 5, seed: int = 7) -> list[tuple[bp.Tensor, bp.Tensor]]:
    rng = np.random.default_rng(seed)
    return [
        (
            bp.asarray(rng.standard_normal((size, 4)).astype(np.float32)),
            bp.asarray(rng.integers(0, 3, size)),
        )
        for _ in range(count)
    ]


def training(make: Any) -> Any:
    def build() -> tuple[Any, Sequence[Any]]:
        model = network()
        optimizer = make(model.parameters())
        loss_of = bp.nn.CrossEntropyLoss()

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    return build


@pytest.mark.parametrize("name", EVERY)
def test_each_optimizer(name: str) -> None:
    agree(training(EVERY[name]), batches(9))


@pytest.mark.parametrize("name", EVERY)
def test_settings_that_change_from_call_to_call(name: str) -> None:
    def change(number: int, things: Any) -> None:
        _, optimizer = things
        (group,) = optimizer.param_groups
        group["lr"] = 0.1 / (1 + number)
        if number >= 3 and "weight_decay" in group:
            group["weight_decay"] = 0.02 * number
        if "betas" in group:
            group["betas"] = (0.5 + 0.04 * number, group["betas"][1])
        if number == 6 and "maximize" in group:
            group["maximize"] = not group["maximize"]

    agree(training(EVERY[name]), batches(9), change)


def test_settings_that_need_another_buffer() -> None:
    def change(number: int, things: Any) -> None:
        if number == 4:
            things[1].param_groups[0]["momentum"] = 0.9
        if number == 8:
            things[1].param_groups[0]["eps"] = 0.0

    agree(training(EVERY["sgd"]), batches(11), change, replays=6)

    def amsgrad(number: int, things: Any) -> None:
        if number == 4:
            things[1].param_groups[0]["amsgrad"] = True
        if number == 8:
            things[1].param_groups[0]["eps"] = 0.0

    agree(training(EVERY["adam"]), batches(11), amsgrad, replays=6)


def test_groups_with_settings_of_their_own() -> None:
    def make(parameters: Any) -> Any:
        a, b, c, d = parameters
        return optim.SGD(
            [{"params": [a, d], "momentum": 0.9}, {"params": [b], "lr": 0.5}, {"params": [c]}],
            lr=0.1, weight_decay=0.01,
        )  # fmt: skip

    def change(number: int, things: Any) -> None:
        things[1].param_groups[1]["lr"] *= 0.9

    agree(training(make), batches(9), change)


def test_a_loaded_state() -> None:
    saved: list[Any] = []

    def between(number: int, things: Any) -> None:
        model, optimizer = things
        if number == 0:
            saved.clear()
        if number == 3:
            saved.append({k: v.numpy().copy() for k, v in model.state_dict().items()})
            state = optimizer.state_dict()
            for entry in state["state"].values():
                entry.update({k: v.clone() for k, v in entry.items() if isinstance(v, bp.Tensor)})
            saved.append(state)
        if number == 6:
            model.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])

    agree(training(EVERY["adam"]), batches(9), between, replays=6)


def test_counts_that_are_no_longer_alike() -> None:
    """A step outside of some parameters only: they no longer share their number of steps."""

    def between(number: int, things: Any) -> None:
        model, optimizer = things
        if number == 5:
            optimizer.zero_grad()
            (model[0].weight ** 2).sum().backward()
            optimizer.step()

    agree(training(EVERY["adam"]), batches(9), between, replays=6)


def test_frozen_and_thawed_parameters() -> None:
    def between(number: int, things: Any) -> None:
        model, _ = things
        if number in (4, 7):
            model[0].requires_grad_(number == 7)

    agree(training(EVERY["adam"]), batches(11), between, replays=5)


def test_parameters_that_come_later_or_are_replaced() -> None:
    def build() -> Any:
        model = network()
        scale = bp.ones(3, requires_grad=True)
        optimizer = optim.Adam(model.parameters(), lr=0.1)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = bp.nn.functional.cross_entropy(model(x) * scale, y)
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer, scale)

    def between(number: int, things: Any) -> None:
        model, optimizer, scale = things
        if number == 3:
            scale.grad = None
            optimizer.add_param_group({"params": [scale], "lr": 0.01})
        if number == 7:
            model[3].weight.data = bp.full((3, 6), 0.1).data

    agree(build, batches(11), between, replays=5)


def test_another_layer_in_the_place_of_one() -> None:
    kept: list[Any] = []

    def between(number: int, things: Any) -> None:
        model, optimizer = things
        if number == 4:
            kept.append(model[3])  # it lives on, but takes no part any more
            model[3] = bp.nn.Linear(6, 3)
            optimizer.add_param_group({"params": list(model[3].parameters())})
        if number == 8:
            model[2].p = 0.6

    agree(training(EVERY["sgd"]), batches(11), between, replays=6)


def test_training_and_use() -> None:
    def between(number: int, things: Any) -> None:
        things[0].train(number % 4 < 2)

    agree(training(EVERY["adam"]), batches(12), between, replays=9)


def test_gradients_made_zero_and_kept() -> None:
    def build() -> Any:
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad(set_to_none=False)
            loss = bp.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss, [p.grad.clone() for p in model.parameters()]

        return step, (model, optimizer)

    agree(build, batches(9))


def test_gradients_gathered_over_several_captured_calls() -> None:
    def make(captured: bool) -> Any:
        wrap = bp.capture if captured else lambda f: f
        model = network()
        optimizer = optim.Adam(model.parameters(), lr=0.1)

        @wrap
        def gather(x: Any, y: Any) -> Any:
            loss = bp.nn.functional.cross_entropy(model(x), y) / 3
            loss.backward()
            return loss

        @wrap
        def update() -> Any:
            norm = bp.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            optimizer.zero_grad()
            return norm

        return gather, update, model

    found = []
    for captured in (False, True):
        bp.manual_seed(3)
        gather, update, model = make(captured)
        losses = []
        for number, (x, y) in enumerate(batches(24)):
            losses.append(gather(x, y).item())
            if number % 3 == 2:
                losses.append(update().item())
        found.append((losses, [p.tolist() for p in model.parameters()]))
    assert found[0] == found[1]
    assert (gather.replays, update.replays) == (24 - 4, 8 - 2)
    assert gather.recordings == 3  # before the arena; in it with no gradient yet, and with one


def test_several_passes_in_one_step() -> None:
    """Three parts of a batch, their gradients added up, clipped, and one step."""

    def build() -> Any:
        model = network()
        optimizer = optim.AdamW(model.parameters(), lr=0.1)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            total = 0.0
            for i in range(3):
                loss = bp.nn.functional.cross_entropy(model(x[i * 2 : i * 2 + 2]), y[i::3])
                loss.backward()
                total = total + loss.detach()
            bp.nn.utils.clip_grad_value_(model.parameters(), 0.2)
            norm = bp.nn.utils.clip_grad_norm_(model.parameters(), 0.3)
            optimizer.step()
            with bp.no_grad():
                right = (model(x).argmax(axis=1) == y).astype(bp.float32).mean()
            return {"loss": total, "norm": norm, "right": right}

        return step, (model, optimizer)

    agree(build, batches(7, size=6))


def test_two_models_and_two_optimizers() -> None:
    """A generator of examples against a judge of them."""

    def build() -> Any:
        nn = bp.nn
        maker = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4))
        judge = nn.Sequential(nn.Linear(4, 5), nn.LeakyReLU(), nn.Linear(5, 1))
        makes, judges = optim.Adam(maker.parameters()), optim.SGD(judge.parameters(), lr=0.1)
        loss_of = nn.BCEWithLogitsLoss()

        def step(x: Any, y: Any) -> Any:
            one, none = bp.ones((len(x), 1)), bp.zeros((len(x), 1))
            made = maker(bp.randn(len(x), 2))
            judges.zero_grad()
            judged = loss_of(judge(x), one) + loss_of(judge(made.detach()), none)
            judged.backward()
            judges.step()
            makes.zero_grad()
            fooled = loss_of(judge(made), one)
            fooled.backward()
            makes.step()
            return judged, fooled

        return step, (maker, judge, makes, judges)

    agree(build, batches(8))


SCHEDULES: dict[str, Any] = {
    "StepLR": lambda o: optim.lr_scheduler.StepLR(o, 2, gamma=0.5),
    "CosineAnnealingLR": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    "OneCycleLR": lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=12),
    "CyclicLR": lambda o: optim.lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3),
    "LambdaLR": lambda o: optim.lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "ChainedScheduler": lambda o: optim.lr_scheduler.ChainedScheduler(
        [optim.lr_scheduler.ExponentialLR(o, 0.9), optim.lr_scheduler.StepLR(o, 3)]
    ),
    "SequentialLR": lambda o: optim.lr_scheduler.SequentialLR(
        o,
        [optim.lr_scheduler.LinearLR(o, 0.1, total_iters=3), optim.lr_scheduler.PolynomialLR(o, 9)],
        milestones=[4],
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_go_on_inside_a_step(name: str) -> None:
    def build() -> Any:
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        schedule = SCHEDULES[name](optimizer)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = bp.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            schedule.step()
            return loss

        return step, (model, optimizer, schedule)

    agree(build, batches(9))


def test_a_schedule_that_looks_at_the_loss_says_so() -> None:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer)

    @bp.capture
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = bp.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        schedule.step(loss)
        return loss

    ((x, y),) = batches(1)
    step(x, y)
    with pytest.raises(bp.CaptureError, match=r"schedule\.step\(loss\)"):
        step(x, y)
    assert schedule.last_epoch == 1


def test_a_failed_recording_takes_a_schedule_back() -> None:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    steps = optim.lr_scheduler
    schedule = steps.SequentialLR(
        optimizer, [steps.LinearLR(optimizer, 0.1), steps.ExponentialLR(optimizer, 0.5)], [2]
    )

    @bp.capture
    def step(x: Any) -> Any:
        schedule.step()
        return float(x.sum())

    (model[0].weight ** 2).sum().backward()
    optimizer.step()
    step(bp.ones(2))
    was = schedule.state_dict(), optimizer.state_dict()
    with pytest.raises(bp.CaptureError):
        step(bp.ones(2))
    assert str((schedule.state_dict(), optimizer.state_dict())) == str(was)


def test_lbfgs_says_what_to_do_and_that_works() -> None:
    def training(captured: bool) -> Any:
        bp.manual_seed(3)
        w = bp.asarray([3.0, -2.0], requires_grad=True)
        optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe", max_iter=5)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = ((w - 1.0) ** 4).sum()
            loss.backward()
            return loss

        if captured:
            closure = bp.capture(closure)
        return w, optimizer, closure

    found = []
    for captured in (False, True):
        w, optimizer, closure = training(captured)
        losses = [optimizer.step(closure).item() for _ in range(3)]
        found.append((losses, w.tolist()))
    assert found[0] == found[1]
    assert closure.replays > 5

    w, optimizer, closure = training(False)
    step = bp.capture(lambda: optimizer.step(closure))
    step()
    with pytest.raises(bp.CaptureError, match="capture the closure alone"):
        step()


class Own(optim.SGD):
    """An optimizer with a way of its own."""

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        p -= g * group["lr"] * 0.5


def test_an_optimizer_with_an_update_of_its_own_says_so() -> None:
    calls = batches(3)
    step, things = training(lambda ps: Own(ps, lr=0.1))()
    captured = bp.capture(step)
    captured(*calls[0])
    before = snapshot(things)
    with pytest.raises(bp.CaptureError, match=r"Own: .* its own update\(\)"):
        captured(*calls[1])
    same(snapshot(things), before)


def test_hooks_of_an_optimizer() -> None:
    """What a hook does with Tensors is a part of the step."""

    def build() -> Any:
        step, things = training(EVERY["adam"])()
        model, optimizer = things

        def shrink(*_: Any) -> None:
            with bp.no_grad():
                for p in model.parameters():
                    p *= 0.99

        optimizer.register_step_post_hook(shrink)
        return step, things

    agree(build, batches(6))


def test_an_average_of_the_model() -> None:
    for kind in (None, optim.swa_utils.get_ema_multi_avg_fn(0.9)):
        for buffers in (False, True):

            def build(kind: Any = kind, buffers: bool = buffers) -> Any:
                nn = bp.nn
                model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3))
                optimizer = optim.Adam(model.parameters(), lr=0.1)
                average = optim.swa_utils.AveragedModel(
                    model, multi_avg_fn=kind, use_buffers=buffers
                )

                def step(x: Any, y: Any) -> Any:
                    optimizer.zero_grad()
                    loss = bp.nn.functional.cross_entropy(model(x), y)
                    loss.backward()
                    optimizer.step()
                    average.update_parameters(model)
                    return loss

                return step, (model, optimizer, average)

            agree(build, batches(9), replays=6)


def test_one_update_of_a_captured_step_is_enough_for_the_written_one() -> None:
    """Written and captured calls in turn go on from each other."""
    build, calls = training(EVERY["adam"]), batches(8)
    wanted, _ = run(build, calls, captured=False)
    bp.manual_seed(3)
    step, things = build()
    captured = bp.capture(step)
    for number, args in enumerate(calls):
        out = (captured if number % 3 != 2 else step)(*args)
        assert out.item() == wanted[number]["result"].item()
    assert captured.replays == 4
    same({"w": things[0][0].weight.detach().numpy()}, {"w": wanted[-1]["0 0.weight"]})
