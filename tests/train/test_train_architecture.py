"""Networks by their names: what a name means, what is built, and for which data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import nn
from backprop.train import Settings
from backprop.train.architecture import Architecture, architecture
from backprop.train.models import build_model, check_fits
from backprop.train.models.images import Images

NAMES = [
    ("linear", Architecture("linear")),
    (" mlp:128, 64 ", Architecture("mlp", (128, 64))),
    ("cnn:16", Architecture("cnn", (16,))),
    ("cnn:16,32/128,64", Architecture("cnn", (16, 32), (128, 64))),
    ("lenet", Architecture("lenet")),
    ("resnet:20", Architecture("resnet", (20,))),
    ("transformer", Architecture("transformer", (4, 128, 4))),
    ("transformer:2", Architecture("transformer", (2, 128, 4))),
    ("transformer:2,64,8", Architecture("transformer", (2, 64, 8))),
    ("lstm", Architecture("lstm", (256, 1))),
    ("gru:64,2", Architecture("gru", (64, 2))),
]


@pytest.mark.parametrize(("name", "wanted"), NAMES, ids=[n for n, _ in NAMES])
def test_what_a_name_means(name: str, wanted: Architecture) -> None:
    assert architecture(name) == wanted


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cn:3", r"model: got 'cn:3', wanted one such as linear, mlp:128,64.*Did you mean 'cnn'"),
        ("linear:3", "wanted 'linear', such as"),
        ("lenet:5", "wanted 'lenet'"),
        ("mlp", "wanted 'mlp:' and the sizes of the hidden layers, such as 'mlp:128,64'"),
        ("mlp:8,", "each size is at least 1"),
        ("mlp:8/3", "wanted 'mlp:'"),
        ("cnn:", "wanted 'cnn:' and the channels"),
        ("cnn:8/", "wanted 'cnn:'"),
        ("cnn:0", "each size is at least 1"),
        ("resnet", "wanted 'resnet:' and the number of layers"),
        ("resnet:18", r"number of layers is 6 n \+ 2: 8, 14, 20"),
        ("resnet:2", "number of layers"),
        ("transformer:2,30,4", "its width 30 is no multiple of its 4 heads"),
        ("transformer:1,2,3,4", "wanted 'transformer:'"),
        ("lstm:a", "wanted 'lstm:' and its units and layers"),
    ],
)
def test_what_is_no_name(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        architecture(name)
    with pytest.raises(ValueError, match=said):
        Settings(model=name)


def _built(model: str, shape: tuple[int, ...], n_out: int = 10, **settings: Any) -> nn.Module:
    return build_model(Settings(model=model, **settings), shape, n_out)


def _parameters(model: nn.Module) -> int:
    return sum(p.size for p in model.parameters())


@pytest.mark.parametrize("shape", [(28, 28), (784,), (1, 28, 28), (28, 28, 1)])
def test_lenet_has_the_parameters_of_the_paper(shape: tuple[int, ...]) -> None:
    """6 (25 + 1) + 16 (6 25 + 1) + 120 (400 + 1) + 84 (120 + 1) + 10 (84 + 1), where the paper's
    second layer has fewer, as not all its maps see each other."""
    model = _built("lenet", shape)
    assert _parameters(model) == 156 + 2416 + 48120 + 10164 + 850
    assert model(bp.zeros((3, 784))).shape == (3, 10)


def test_resnet_20_has_as_many_parameters_as_in_the_paper() -> None:
    """0.27 million for images of three channels (section 4.2, table 6)."""
    model = _built("resnet:20", (32, 32, 3))
    assert round(_parameters(model) / 1e6, 2) == 0.27
    assert sum(isinstance(m, nn.Conv2d) for m in model.modules()) == 19 + 2  # 2 shortcuts
    assert model(bp.zeros((2, 3072))).shape == (2, 10)


def test_cnn_by_hand() -> None:
    """8x8 -> 4 channels 4x4 -> 6 channels 2x2 -> 24 -> 5 -> 3."""
    model = _built("cnn:4,6/5", (64,), 3)
    convolutions = 9 * 1 * 4 + 9 * 4 * 6
    norms = 2 * 4 + 2 * 6
    assert _parameters(model) == convolutions + norms + (24 * 5 + 5) + (5 * 3 + 3)
    assert model(bp.zeros((2, 64))).shape == (2, 3)


def test_a_small_image_is_not_pooled_away() -> None:
    assert _built("cnn:4,4,4,4", (2, 3))(bp.zeros((5, 6))).shape == (5, 10)


def test_dropout_and_input_dropout_have_their_places() -> None:
    model = _built("cnn:4", (8, 8), dropout=0.3, input_dropout=0.1)
    found = [(type(m).__name__, m.p) for m in model if isinstance(m, nn.Dropout)]
    assert found == [("Dropout", 0.1), ("Dropout", 0.3)]
    assert isinstance(model[0], nn.Dropout)  # type: ignore[index]


def test_channels_last_become_channels_first() -> None:
    x = np.arange(24.0, dtype="float32").reshape(2, 2, 2, 3)
    images = Images((2, 2, 3))
    assert images.shape == (3, 2, 2)
    got = images(bp.asarray(x.reshape(2, 12)))
    np.testing.assert_array_equal(got.numpy(), x.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        ("cnn:4", (7,), r"is for images, and a row of the data has shape \(7,\)"),
        ("resnet:8", (2, 5, 5), r"a row of the data has shape \(2, 5, 5\)"),
        ("lenet", (8, 8), "needs images of at least 12x12, got 8x8"),
    ],
)
def test_data_that_do_not_fit(model: str, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        _built(model, shape)


@pytest.mark.parametrize("kind", ["table", "array", "images", "text"])
def test_which_data_a_network_is_for(kind: str) -> None:
    wanted = {
        "table": {"linear", "mlp:4"},
        "array": {"linear", "mlp:4", "cnn:4", "lenet", "resnet:8"},
        "images": {"linear", "mlp:4", "cnn:4", "lenet", "resnet:8"},
        "text": {"transformer", "lstm", "gru"},
    }[kind]
    for model in ("linear", "mlp:4", "cnn:4", "lenet", "resnet:8", "transformer", "lstm", "gru"):
        if model in wanted:
            check_fits(model, kind)
        else:
            with pytest.raises(ValueError, match=f"model: got '{model}', which is for"):
                check_fits(model, kind)


@pytest.mark.parametrize("model", ["transformer:1,16,2", "lstm:12,2", "gru:12"])
def test_networks_of_characters_do_not_look_ahead(model: str) -> None:
    """A score depends on the characters up to its own alone."""
    bp.manual_seed(1)
    network = _built(model, (6,), 5, dropout=0.1).eval()
    x = bp.asarray(np.array([[0, 1, 2, 3, 4, 0]]))
    changed = bp.asarray(np.array([[0, 1, 2, 4, 4, 1]]))
    a, b = (network(t).detach().numpy() for t in (x, changed))
    assert a.shape == (1, 6, 5)
    np.testing.assert_allclose(a[:, :3], b[:, :3], rtol=1e-6)
    assert abs(a[:, 3:] - b[:, 3:]).max(axis=-1).min() > 1e-6
