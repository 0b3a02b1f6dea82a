"""Captured steps on a GPU: the eager results, the same bits at every replay, and flat memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp

pytestmark = pytest.mark.gpu
nn = bp.nn


class _LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Sequential(
            nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 5, 3),
            nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(20, 12), nn.ReLU(),
            nn.Linear(12, 4),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        return self.parts(x[:, None])


class _Recurrent(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.rows = getattr(nn, kind)(12, 6, batch_first=True)
        self.classes = nn.Linear(6, 4)

    def forward(self, x: Any) -> Any:
        return self.classes(self.rows(x)[0][:, -1])


class _Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(12, 3, 16, dropout=0.2, batch_first=True)
        self.classes = nn.Linear(12, 4)

    def forward(self, x: Any) -> Any:
        return self.classes(self.block(x).mean(axis=1))


class _Words(nn.Module):
    """Images' rows as words: where a row is largest."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.classes = nn.Embedding(12, 5), nn.Linear(5, 4)

    def forward(self, x: Any) -> Any:
        return self.classes(self.words(bp.argmax(x, axis=-1)).mean(axis=1))


def _dense() -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(144, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 4)
    )


NETWORKS: dict[str, Any] = {
    "dense": _dense,
    "LeNet": _LeNet,
    "RNN": lambda: _Recurrent("RNN"),
    "LSTM": lambda: _Recurrent("LSTM"),
    "GRU": lambda: _Recurrent("GRU"),
    "transformer": _Transformer,
    "words": _Words,
    "batch norm": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(144, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Linear(8, 4)
    ),
}
OPTIMIZERS: dict[str, Any] = {
    "SGD": lambda p: bp.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "Nesterov": lambda p: bp.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: bp.optim.Adam(p, lr=0.01),
    "AdamW": lambda p: bp.optim.AdamW(p, lr=0.01, amsgrad=True),
    **{
        name: lambda p, name=name: getattr(bp.optim, name)(p, lr=0.01)
        for name in ("NAdam", "RAdam", "Adamax", "Lion", "RMSprop", "Adagrad", "ASGD", "Rprop")
    },
    "Adadelta": lambda p: bp.optim.Adadelta(p, lr=0.5),
}


def _batches(device: str, dtype: str, count: int, seed: int = 0) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(seed)
    return [
        (
            bp.asarray(rng.normal(size=(6, 12, 12)).astype(dtype), device=device),
            bp.asarray(rng.integers(0, 4, 6), device=device),
        )
        for _ in range(count)
    ]


def _made(device: str, dtype: str, network: str, optimizer: str) -> tuple[Any, Any, Any]:
    """(model, optimizer, step)"""
    bp.manual_seed(0)
    model = NETWORKS[network]().to(dtype).to(device)
    update = OPTIMIZERS[optimizer](model.parameters())
    schedule = bp.optim.lr_scheduler.StepLR(update, 2, 0.7)
    loss_of = nn.CrossEntropyLoss()

    def step(x: Any, y: Any) -> Any:
        update.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        update.step()
        schedule.step()
        return loss.detach()

    return model, update, step


def _train(
    device: str, dtype: str, network: str, optimizer: str = "SGD", *, captured: bool, steps: int = 7
) -> tuple[list[float], dict[str, np.ndarray]]:
    model, _, step = _made(device, dtype, network, optimizer)
    if captured:
        step = bp.capture(step)
    losses = [float(step(x, y)) for x, y in _batches(device, dtype, steps)]
    if captured:
        assert all_graphs(step)
        assert step.trouble is None
        assert (step.recordings, step.replays) == (1, steps - 2)
    return losses, {k: v.numpy() for k, v in model.state_dict().items()}


def all_graphs(captured: Any) -> bool:
    """Whether all recordings are CUDA graphs."""
    recordings = [r for some in captured._by_key.values() for r in some]
    return {type(r._replay).__name__ for r in recordings} == {"Graph"}


def _agree(a: Any, b: Any, tolerance: float) -> None:
    (losses, state), (others, there) = a, b
    np.testing.assert_allclose(losses, others, rtol=tolerance, atol=tolerance)
    for name, value in state.items():
        np.testing.assert_allclose(there[name], value, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_captured_step_does_what_the_eager_one_does(cuda_device, network, dtype, tolerance):
    eager = _train(cuda_device, dtype, network, captured=False)
    _agree(eager, _train(cuda_device, dtype, network, captured=True), tolerance)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_gets_its_numbers_anew(cuda_device, optimizer):
    """The schedule changes the learning rate, and most optimizers count their steps."""
    eager = _train(cuda_device, "float64", "dense", optimizer, captured=False, steps=9)
    captured = _train(cuda_device, "float64", "dense", optimizer, captured=True, steps=9)
    _agree(eager, captured, 1e-10)


@pytest.mark.parametrize("network", ["dense", "LeNet", "LSTM", "transformer", "words"])
def test_the_same_bits_every_time(cuda_device, network):
    (losses, state), (others, there) = (
        _train(cuda_device, "float32", network, captured=True) for _ in range(2)
    )
    assert losses == others
    assert all(np.array_equal(state[k], there[k]) for k in state)


def test_replays_of_one_graph_give_the_same_bits(cuda_device):
    """The same state and the same batch, again and again."""
    model, _, _ = _made(cuda_device, "float32", "dense", "SGD")
    model.eval()
    total = bp.capture(lambda x: (model(x) ** 2).sum().detach())
    ((x, _),) = _batches(cuda_device, "float32", 1)
    found = {total(x).numpy().tobytes() for _ in range(20)}
    assert total.replays == 18
    assert len(found) <= 2  # the eager call's product of matrices is another library's


def test_several_steps_and_the_choice_of_batches_in_one_graph(cuda_device):
    """The step takes its batches from the data by indices that are an argument."""
    found = []
    for captured in (False, True):
        model, _, step = _made(cuda_device, "float64", "dense", "Adam")
        data = bp.asarray(np.random.default_rng(1).normal(size=(40, 12, 12)), device=cuda_device)
        target = bp.asarray(np.arange(40) % 4, device=cuda_device)

        def three(order: Any, data=data, target=target, step=step) -> Any:
            return bp.stack([step(data[order[i]], target[order[i]]) for i in range(3)])

        run = bp.capture(three) if captured else three
        rng = np.random.default_rng(2)
        orders = [
            bp.asarray(rng.permutation(18).reshape(3, 6), device=cuda_device) for _ in "12345"
        ]
        losses = np.concatenate([run(order).numpy() for order in orders])
        found.append((losses, {k: v.numpy() for k, v in model.state_dict().items()}))
    _agree(*found, 1e-10)


def test_partial_batches_make_recordings_of_their_own(cuda_device):
    _, _, step = _made(cuda_device, "float32", "dense", "SGD")
    step = bp.capture(step)
    for x, y in _batches(cuda_device, "float32", 4):
        step(x, y)
        step(x[:3], y[:3])
    assert (step.recordings, step.replays) == (2, 5)


def test_gradients_accumulate_over_replays(cuda_device):
    """Two captured functions that share a model: one adds gradients, one uses them."""
    found = []
    for captured in (False, True):
        model, update, _ = _made(cuda_device, "float64", "dense", "SGD")
        loss_of = nn.CrossEntropyLoss()

        def add(x: Any, y: Any, model=model, loss_of=loss_of) -> Any:
            loss = loss_of(model(x), y)
            loss.backward()
            return loss.detach()

        def use(update=update) -> None:
            update.step()
            update.zero_grad()

        if captured:
            add, use = bp.capture(add), bp.capture(use)
        update.zero_grad()
        losses = []
        for i, (x, y) in enumerate(_batches(cuda_device, "float64", 12)):
            losses.append(float(add(x, y)))
            if i % 2:
                use()
        found.append((losses, {k: v.numpy() for k, v in model.state_dict().items()}))
    _agree(*found, 1e-10)


def test_memory_stays_flat(cuda_device):
    backend = backends.get(cuda_device)
    _, _, step = _made(cuda_device, "float32", "dense", "Adam")
    step = bp.capture(step)
    ((x, y),) = _batches(cuda_device, "float32", 1)
    for _ in range(5):
        step(x, y)
    before = backend.memory().used
    for _ in range(300):
        step(x, y)
    assert backend.memory().used == before
    assert step.replays == 303


def test_an_eager_step_between_replays(cuda_device):
    """The graph's memory is its own: what runs beside it does not disturb it."""
    found = []
    for captured in (False, True):
        model, _, step = _made(cuda_device, "float64", "LeNet", "Adam")
        run, losses = bp.capture(step) if captured else step, []
        for i, (x, y) in enumerate(_batches(cuda_device, "float64", 9)):
            losses.append(float((step if i % 3 == 2 else run)(x, y)))
            bp.matmul(bp.ones((50, 50), device=cuda_device), bp.ones((50, 50), device=cuda_device))
        found.append((losses, {k: v.numpy() for k, v in model.state_dict().items()}))
    _agree(*found, 1e-10)
