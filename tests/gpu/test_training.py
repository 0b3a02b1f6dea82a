"""The same training on a GPU and on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

import backprop as bp

pytestmark = pytest.mark.gpu


def train(device: str, dtype: str, optimizer: str = "Adam", epochs: int = 1):
    """(every batch's loss, the final parameters) of a digits network with dropout and a penalty."""
    parts = bp.data.prepare(bp.data.load("digits"), seed=0, dtype=dtype)
    bp.manual_seed(0)
    model = bp.nn.Sequential(
        bp.nn.Linear(64, 128), bp.nn.ReLU(), bp.nn.Dropout(0.2), bp.nn.Linear(128, 10)
    ).to(dtype)

    class Losses(bp.train.Callback):
        def __init__(self) -> None:
            self.values: list[float] = []

        def batch_ended(self, trainer, epoch, batch) -> None:
            self.values.append(float(trainer.loss(trainer.model.eval()(x), y)))
            trainer.model.train()

    losses = Losses()
    trainer = bp.Trainer(
        model,
        bp.nn.CrossEntropyLoss(),
        getattr(bp.optim, optimizer)(model.parameters(), lr=1e-3),
        penalty=bp.nn.L2Penalty(1e-4),
        device=device,
        callbacks=[losses],
    )
    x = bp.asarray(parts.validation.x, device=device)
    y = bp.asarray(parts.validation.y, device=device)
    trainer.fit(parts.train, epochs=epochs, batch_size=32, seed=0)
    state = {k: v.numpy() for k, v in trainer.model.state_dict().items()}
    return np.array(losses.values), state


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
def test_an_epoch_agrees_with_the_cpu(cuda_device, optimizer, dtype, tolerance):
    expected, weights = train("cpu", dtype, optimizer)
    got, there = train(cuda_device, dtype, optimizer)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    for name, value in weights.items():
        np.testing.assert_allclose(there[name], value, rtol=0, atol=100 * tolerance, err_msg=name)


def test_the_same_seed_gives_the_same_bits(cuda_device):
    (first, a), (second, b) = train(cuda_device, "float32"), train(cuda_device, "float32")
    assert first.tolist() == second.tolist()
    assert all(np.array_equal(a[k], b[k]) for k in a)


def test_the_same_network_from_a_seed(cuda_device):
    """Drawn on the GPU or on the CPU, uniform weights are the same bits."""
    made = []
    for device in ("cpu", cuda_device):
        bp.manual_seed(7)
        with bp.device(device):
            made.append(bp.nn.Linear(300, 200).state_dict())
    for name, value in made[0].items():
        assert np.array_equal(value.numpy(), made[1][name].numpy()), name
