"""Schedules, several models, averages and hooks inside a step; what cannot be recorded of them."""

from __future__ import annotations

from typing import Any

import pytest
from capturing_optimizers import EVERY, batches, network, training
from capturing_twice import agree, run, same, snapshot

import backprop as bp
from backprop import optim


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
