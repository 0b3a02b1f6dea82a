"""Weight averages follow PyTorch's, and the mean written down."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.optim import swa_utils
from backprop.optim.swa_utils import AveragedModel, update_bn


def _net(library: Any, device: str = "cpu") -> Any:
    nn = library.nn
    net = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)).double()
    return net.to(device) if library is bp else net


def _twins(torch: Any, device: str = "cpu") -> tuple[Any, Any]:
    bp.manual_seed(0)
    ours, theirs = _net(bp, device), _net(torch)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    return ours, theirs


def _x(step: int) -> np.ndarray:
    return np.random.default_rng(step).standard_normal((8, 3))


def _agree(ours: Any, theirs: Any) -> None:
    mine, his = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(his)
    for name, value in his.items():
        assert mine[name].numpy().dtype == value.numpy().dtype
        np.testing.assert_allclose(mine[name].numpy(), value.numpy(), rtol=1e-10, err_msg=name)


FUNCTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ema multi": {"multi_avg_fn": ("get_ema_multi_avg_fn", 0.9)},
    "swa multi": {"multi_avg_fn": ("get_swa_multi_avg_fn",)},
    "ema": {"avg_fn": ("get_ema_avg_fn", 0.7)},
    "swa": {"avg_fn": ("get_swa_avg_fn",)},
    "default decay": {"multi_avg_fn": ("get_ema_multi_avg_fn",)},
}


def _made(utils: Any, kw: dict[str, Any]) -> dict[str, Any]:
    return {k: getattr(utils, name)(*args) for k, (name, *args) in kw.items()}


@pytest.mark.usefixtures("full_precision")
@pytest.mark.parametrize(
    ("kind", "use_buffers"),
    # PyTorch's plain mean of lists cannot average the number of batches
    [*((k, False) for k in FUNCTIONS), ("ema multi", True), ("ema", True), ("swa", True)],
)
def test_averages_are_pytorchs(kind: str, use_buffers: bool, backend: Any, torch: Any) -> None:
    ours, theirs = _twins(torch, backend.name)
    averages = [
        library.AveragedModel(model, use_buffers=use_buffers, **_made(library, FUNCTIONS[kind]))
        for library, model in ((swa_utils, ours), (torch.optim.swa_utils, theirs))
    ]
    optimizers = [
        library.optim.SGD(m.parameters(), lr=0.1) for library, m in ((bp, ours), (torch, theirs))
    ]
    _agree(*averages)
    for step in range(5):
        x = bp.asarray(_x(step), device=backend.name), torch.tensor(_x(step))
        for optimizer, model, value in zip(optimizers, (ours, theirs), x, strict=True):
            optimizer.zero_grad()
            (model(value) ** 2).sum().backward()
            optimizer.step()
        averages[0].update_parameters(ours)
        averages[1].update_parameters(theirs)
        _agree(*averages)
    averages[0].eval()
    averages[1].eval()
    got = averages[0](bp.asarray(_x(9), device=backend.name)).detach().numpy()
    wanted = averages[1](torch.tensor(_x(9))).detach().numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    _agree(ours, theirs)  # the model itself was left alone


def test_the_mean_of_three_by_hand(backend: Any) -> None:
    model = bp.nn.Linear(2, 1).double().to(backend.name)
    average = AveragedModel(model)
    ema = AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    for value in (1.0, 2.0, 6.0):
        with bp.no_grad():
            model.weight[...] = value
        average.update_parameters(model)
        ema.update_parameters(model)
    np.testing.assert_allclose(average.module.weight.detach().numpy(), 3.0)
    np.testing.assert_allclose(ema.module.weight.detach().numpy(), 0.5 * (0.5 * 1 + 0.5 * 2) + 3.0)
    assert average.n_averaged.item() == 3
    assert average.n_averaged.dtype == bp.int64


def test_arenas_are_averaged_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the layouts of both agree: four parameters, one call."""
    bp.manual_seed(0)
    model = bp.nn.Sequential(bp.nn.Linear(3, 5), bp.nn.Linear(5, 2))
    optimizer = bp.optim.SGD(model.parameters(), lr=0.1)
    average = AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.5))
    calls: list[int] = []
    kernel = swa_utils.backends.kernels.average_step

    def counted(a: Any, x: Any, **kw: Any) -> None:
        calls.append(a.size)
        kernel(a, x, **kw)

    before = [p.detach().numpy().copy() for p in model.parameters()]
    average.update_parameters(model)
    (model(bp.ones((4, 3))) ** 2).sum().backward()
    optimizer.step()
    monkeypatch.setattr(swa_utils.backends.kernels, "average_step", counted)
    average.update_parameters(model)
    assert len(calls) == 1
    for p, q, old in zip(average.module.parameters(), model.parameters(), before, strict=True):
        np.testing.assert_allclose(
            p.detach().numpy(), 0.5 * old + 0.5 * q.detach().numpy(), rtol=1e-6
        )
    # a frozen parameter has no arena, and one that was replaced has left it
    model[0].weight.requires_grad_(False)
    model[1].weight.data = model[1].weight.data + 1.0
    average.update_parameters(model)
    assert len(calls) > 2
    for p, q in zip(average.module.parameters(), model.parameters(), strict=True):
        assert p.shape == q.shape
    last = 0.5 * (0.5 * before[2] + 0.5 * (model[1].weight.detach().numpy() - 1.0))
    np.testing.assert_allclose(
        average.module[1].weight.detach().numpy(),
        last + 0.5 * model[1].weight.detach().numpy(),
        rtol=1e-5,
    )


def test_going_backward_through_an_average_that_moved_is_refused() -> None:
    model = bp.nn.Sequential(bp.nn.Linear(2, 2), bp.nn.Linear(2, 1))
    average = AveragedModel(model)
    average.update_parameters(model)
    average.update_parameters(model)
    loss = average(bp.ones((1, 2))).sum()
    average.update_parameters(model)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_an_average_on_another_device_and_a_function_of_ones_own() -> None:
    model = bp.nn.Linear(2, 2).double()
    average = AveragedModel(model, "strict", avg_fn=lambda a, x, n: a + x * n.item())
    seen: list[Any] = []
    listed = AveragedModel(
        model, multi_avg_fn=lambda a, x, n: seen.append(([v.shape for v in a], n.item()))
    )
    for _ in range(2):
        average.update_parameters(model)
        listed.update_parameters(model)
    assert {p.device for p in average.parameters()} == {"strict"} == {average.n_averaged.device}
    np.testing.assert_allclose(
        average.module.weight.detach().numpy(), 2 * model.weight.detach().numpy()
    )
    assert seen == [([(2, 2), (2,)], 1)]


def test_state_and_copies() -> None:
    model = bp.nn.Linear(2, 1)
    average = AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9))
    assert list(average.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    average.update_parameters(model)
    loaded = AveragedModel(bp.nn.Linear(2, 1))
    loaded.load_state_dict(average.state_dict())
    assert loaded.n_averaged.item() == 1
    twin = copy.deepcopy(average)
    with bp.no_grad():
        model.weight[...] = 5.0
    before = average.module.weight.detach().numpy().copy()
    twin.update_parameters(model)
    np.testing.assert_array_equal(average.module.weight.detach().numpy(), before)
    assert (average.n_averaged.item(), twin.n_averaged.item()) == (1, 2)


def test_what_does_not_fit_is_refused() -> None:
    model = bp.nn.Linear(2, 1)
    both = {"avg_fn": swa_utils.get_ema_avg_fn(), "multi_avg_fn": swa_utils.get_ema_multi_avg_fn()}
    with pytest.raises(ValueError, match="AveragedModel: got both avg_fn and multi_avg_fn"):
        AveragedModel(model, **both)
    for decay in (-0.1, 1.1, float("nan"), "x"):
        for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
            with pytest.raises(ValueError, match=r"decay: got .*, wanted a number from 0 to 1"):
                make(decay)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"got a model with parameters of shapes \[\(1, 3\)"):
        AveragedModel(model).update_parameters(bp.nn.Linear(3, 1))


# ------------------------------------------------------------------------ running statistics


@pytest.mark.parametrize("form", ["tensors", "pairs", "lists"])
def test_update_bn_is_pytorchs(form: str, backend: Any, torch: Any) -> None:
    ours, theirs = _twins(torch, backend.name)
    ours[1].momentum = theirs[1].momentum = 0.3

    def loader(make: Any) -> Any:
        for step in range(4):
            x = make(_x(step) * (step + 1))
            yield x if form == "tensors" else (x, None) if form == "pairs" else [x]

    ours.eval()
    theirs.eval()
    update_bn(loader(bp.asarray), ours, device=backend.name)
    torch.optim.swa_utils.update_bn(loader(torch.tensor), theirs)
    _agree(ours, theirs)
    assert ours[1].momentum == 0.3
    assert not any(m.training for m in ours.modules())
    assert ours[1].num_batches_tracked.item() == 4


def test_update_bn_without_statistics_does_not_touch_the_loader() -> None:
    def loader() -> Any:
        raise AssertionError("asked for a batch")
        yield

    model = bp.nn.Sequential(bp.nn.Linear(2, 2), bp.nn.Tanh())
    update_bn(loader(), model)


def test_update_bn_of_an_average_and_after_an_error() -> None:
    """The momentum comes back even if the loader fails; instance norms are left alone."""
    model = bp.nn.Sequential(
        bp.nn.BatchNorm1d(3), bp.nn.InstanceNorm1d(3, track_running_stats=True)
    )
    average = AveragedModel(model)
    x = bp.asarray(np.random.default_rng(0).standard_normal((8, 3, 4)))
    update_bn([x.astype("float32")], average)
    wanted = x.numpy().mean(axis=(0, 2))
    np.testing.assert_allclose(average.module[0].running_mean.numpy(), wanted, rtol=1e-4, atol=1e-6)
    assert average.module[1].momentum == 0.1

    def failing() -> Any:
        yield x.astype("float32")
        raise OSError("the disk is gone")

    model[0].eval()
    with pytest.raises(OSError, match="the disk is gone"):
        update_bn(failing(), model)
    assert model[0].momentum == 0.1
    assert [m.training for m in model.modules()] == [True, False, True]
