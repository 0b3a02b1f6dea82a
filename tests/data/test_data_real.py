"""The real data sets, where the folder BACKPROP_DATA holds them."""

import os
from pathlib import Path

import numpy as np
import pytest

from backprop.data import load, prepare

ROOT = Path(os.environ.get("BACKPROP_DATA") or "/nowhere")


def real(*parts):
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"BACKPROP_DATA has no {path.name}")
    return path


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_images(name):
    import hashlib

    from backprop.data.builtin import _FILES
    from backprop.data.idx import contents

    for file, digest in _FILES[name].items():
        assert hashlib.sha256(contents(real(name, file))).hexdigest() == digest
    source = load(name)
    assert (source.x.shape, source.test.x.shape) == ((60000, 28, 28), (10000, 28, 28))
    parts = prepare(source, flatten=True)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (53333, 6667, 10000)
    assert parts.train.x.shape[1:] == (784,)
    assert abs(parts.train.x.mean()) < 1e-3
    assert abs(parts.train.x.std() - 1) < 1e-3


def test_adult():
    source = load(real("adult", "adult.data"), test=real("adult", "adult.test"))
    assert (len(source), len(source.test)) == (32561, 16281)
    assert source.classes == ["<=50K", ">50K"]
    kinds = [c.kind for c in source.features]
    assert (kinds.count("numeric"), kinds.count("categorical")) == (6, 8)
    assert np.bincount(source.labels()).tolist() == [24720, 7841]
    assert np.bincount(source.test.labels()).tolist() == [12435, 3846]
    parts = prepare(source)
    assert len(parts.test) == 16281
    assert parts.train.x.shape[1] == len(parts.preprocessor.feature_names)
    assert "column 1 missing" in parts.preprocessor.feature_names


def test_penguins():
    source = load(real("penguins", "penguins.csv"), target="species")
    assert len(source) == 344
    assert source.classes == ["Adelie", "Chinstrap", "Gentoo"]
    assert [c.kind for c in source.features].count("numeric") == 5
    parts = prepare(source)
    assert "sex missing" in parts.preprocessor.feature_names
    assert np.isfinite(parts.train.x).all()
    assert len(load(real("penguins", "penguins.csv"), target="sex")) == 333


def test_tables_of_numbers():
    power = load(real("uci-power-plant", "data.txt"))
    assert (len(power), len(power.features), power.task) == (9568, 4, "regression")
    wine = load(real("uci-wine-quality-red", "data.txt"))
    assert (len(wine), len(wine.features), wine.task) == (1599, 11, "regression")
    as_classes = load(real("uci-wine-quality-red", "data.txt"), task="classification")
    assert as_classes.classes == ["3", "4", "5", "6", "7", "8"]
