"""State files: what PyTorch saves loads here and gives the same outputs, and the other way round.

The files are safetensors, written and read by `backprop.io`; PyTorch's tensors go through NumPy.
An architecture is one function that builds it from a library's `nn`; `ARCHITECTURES` lists them
with an input.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.io import load_tensors, save_tensors

pytest.importorskip("safetensors")


def _mlp(nn: Any) -> Any:
    return nn.Sequential(
        nn.Linear(5, 8), nn.PReLU(8), nn.Linear(8, 8, bias=False), nn.GELU(), nn.Linear(8, 3)
    )


def _bilinear(nn: Any) -> Any:
    class Both(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(7, 4, padding_idx=0)
            self.parts = nn.ModuleDict({"left": nn.Linear(4, 3), "right": nn.Linear(4, 3)})
            self.meet = nn.Bilinear(3, 3, 2)

        def forward(self, words: Any) -> Any:
            rows = self.table(words)
            return self.meet(self.parts["left"](rows), self.parts["right"](rows))

    return Both()


def _cnn(nn: Any) -> Any:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(2, 4, 3, padding=1),
            norm=nn.BatchNorm2d(4),
            act=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flat=nn.Flatten(),
            out=nn.Linear(16, 3),
        )
    )


def _last(nn: Any, recurrent: Any) -> Any:
    class Reader(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = recurrent(nn)
            self.out = nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            return self.out(self.recurrent(x)[0])

    return Reader()


def _lstm(nn: Any) -> Any:
    return _last(nn, lambda nn: nn.LSTM(4, 6, num_layers=2, batch_first=True))


def _gru(nn: Any) -> Any:
    return _last(nn, lambda nn: nn.GRU(4, 3, bidirectional=True))


def _transformer(nn: Any) -> Any:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 2), nn.LayerNorm(8), nn.Linear(8, 3))


def _normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal(shape).astype("float32")


ARCHITECTURES = [
    (_mlp, _normal(6, 5)),
    (_bilinear, np.array([[0, 3, 6], [1, 1, 5]])),
    (_cnn, _normal(4, 2, 4, 4)),
    (_lstm, _normal(2, 5, 4)),
    (_gru, _normal(5, 2, 4)),
    (_transformer, _normal(2, 5, 8)),
]
IDS = [f.__name__.strip("_") for f, _ in ARCHITECTURES]


def _trained(build: Any, x: np.ndarray, torch: Any) -> Any:
    """PyTorch's model after a call in training (statistics have moved), then in use."""
    torch.manual_seed(2)
    model = build(torch.nn)
    with torch.no_grad():
        model(torch.tensor(x))
    return model.eval()


def _host(state: Any) -> dict[str, np.ndarray]:
    return {k: v.detach().numpy() for k, v in state.items()}


@pytest.mark.parametrize(("build", "x"), ARCHITECTURES, ids=IDS)
def test_a_file_of_pytorchs_gives_its_outputs(
    build: Any, x: np.ndarray, tmp_path: Path, backend: Any, torch: Any
) -> None:
    theirs = _trained(build, x, torch)
    save_tensors(tmp_path / "m.safetensors", _host(theirs.state_dict()))
    ours = build(bp.nn).to(backend.name)
    state, _ = load_tensors(tmp_path / "m.safetensors")
    assert ours.load_state_dict(state) == ([], [])
    got = ours.eval()(bp.asarray(x, device=backend.name)).detach().numpy()
    with torch.no_grad():
        wanted = theirs(torch.tensor(x)).numpy()
    np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("build", "x"), ARCHITECTURES, ids=IDS)
def test_a_file_of_ours_gives_its_outputs_in_pytorch(
    build: Any, x: np.ndarray, tmp_path: Path, torch: Any
) -> None:
    ours = build(bp.nn)
    ours(bp.asarray(x))
    ours.eval()
    save_tensors(tmp_path / "m.safetensors", ours.state_dict())
    state, _ = load_tensors(tmp_path / "m.safetensors")
    theirs = build(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    with torch.no_grad():
        got = theirs.eval()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(ours(bp.asarray(x)).detach().numpy(), got, rtol=2e-5, atol=2e-6)


def test_a_file_that_pytorchs_own_library_wrote(tmp_path: Path, torch: Any) -> None:
    library = pytest.importorskip("safetensors.torch")
    theirs = _trained(_mlp, _normal(6, 5), torch)
    library.save_file(theirs.state_dict(), tmp_path / "m.safetensors")
    state, metadata = load_tensors(tmp_path / "m.safetensors")
    assert metadata == {}
    ours = _mlp(bp.nn)
    ours.load_state_dict(state)
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name].numpy(), value.numpy())
    save_tensors(tmp_path / "back.safetensors", ours.state_dict())
    back = library.load_file(tmp_path / "back.safetensors")
    assert all(torch.equal(back[k], v) for k, v in theirs.state_dict().items())


def test_a_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    save_tensors(tmp_path / "m.safetensors", _mlp(bp.nn).state_dict())
    state, _ = load_tensors(tmp_path / "m.safetensors")
    net = bp.nn.Sequential(bp.nn.Linear(5, 8), bp.nn.ReLU(), bp.nn.Linear(8, 9, bias=False))
    with pytest.raises(ValueError, match="does not fit Sequential") as error:
        net.load_state_dict(state)
    lines = [line.strip() for line in str(error.value).splitlines()[1:]]
    assert sorted(lines) == [
        "1.weight: unexpected, Sequential has none",
        "2.weight: got shape (8, 8), wanted (9, 8)",
        "4.bias: unexpected, Sequential has none",
        "4.weight: unexpected, Sequential has none",
    ]
