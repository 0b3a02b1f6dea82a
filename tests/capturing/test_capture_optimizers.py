"""Every optimizer, its settings and schedules: a captured step is the written one."""

from __future__ import annotations

from typing import Any

import pytest
from capturing_optimizers import EVERY, batches, network, training
from capturing_twice import agree

import backprop as bp
from backprop import optim


def test_the_list_is_complete() -> None:
    made = {type(make(bp.nn.Linear(2, 2).parameters())) for make in EVERY.values()}
    optimizers = {
        c for c in vars(optim).values()
        if isinstance(c, type) and issubclass(c, optim.Optimizer) and c is not optim.Optimizer
    }  # fmt: skip
    assert optimizers - made == {optim.LBFGS}  # see `test_lbfgs_says_...`


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
