"""Preprocessing: fitted on the training part, exact after a round trip, clear when rows differ."""

import json

import numpy as np
import pytest

import backprop.data as bpd
from backprop.data import Preprocessor, Table

ROWS = [
    {"size": 1.0, "kind": "a", "flat": 5, "y": 10.0},
    {"size": 2.0, "kind": "b", "flat": 5, "y": 30.0},
    {"size": None, "kind": "?", "flat": 5, "y": 20.0},
    {"size": 6.0, "kind": "a", "flat": 5, "y": 40.0},
]


@pytest.fixture
def pre():
    return Preprocessor.fit(Table.from_rows(ROWS).with_target("y", "regression"))


def test_columns_by_hand(pre):
    # size: mean 3, standard deviation sqrt((4 + 1 + 9) / 3); the missing one counts as the mean
    s = np.sqrt(14 / 3)
    x = pre.transform(Table.from_rows(ROWS), "float64")
    assert pre.feature_names == ["size", "kind=a", "kind=b", "kind missing", "flat"]
    wanted = [[-2 / s, 1, 0, 0, 0], [-1 / s, 0, 1, 0, 0], [0, 0, 0, 1, 0], [3 / s, 1, 0, 0, 0]]
    np.testing.assert_allclose(x, wanted, rtol=1e-15, atol=0)
    assert (pre.shape, pre.outputs) == ((5,), 1)
    y = pre.transform_target(Table.from_rows(ROWS), "float64")
    np.testing.assert_allclose(y[:, 0], (np.array([10, 30, 20, 40]) - 25) / np.sqrt(125))
    np.testing.assert_allclose(pre.inverse_target(y)[:, 0], [10, 30, 20, 40], rtol=1e-15)
    assert pre.transform(Table.from_rows(ROWS)).dtype == np.float32


def test_columns_may_come_in_another_order_and_without_the_target(pre):
    x = pre.transform(Table.from_rows(ROWS))
    turned = [{k: r[k] for k in ("flat", "kind", "size")} for r in ROWS]
    assert np.array_equal(pre.transform(turned), x)
    assert not pre.has_target(Table.from_rows(turned))
    assert np.array_equal(pre.transform([[r["size"], r["kind"], 5] for r in ROWS]), x)


def test_unseen_category_is_zeros_and_said_once(pre):
    notes = []
    rows = [{"size": 1, "kind": k, "flat": 5} for k in ("z", "a", "w", "z")]
    x = pre.transform(rows, notes=notes)
    assert x[:, 1:4].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert len(notes) == 1
    assert "3 rows hold 'w', 'z' in the column 'kind'" in notes[0]


def test_fitted_on_the_training_part_only():
    rows = [[float(i), "x" if i < 90 else "only here", i % 2] for i in range(100)]
    table = Table.from_rows(rows, ["i", "t", "y"]).with_target("y")
    parts = table.split(seed=0)
    pre = Preprocessor.fit(parts[0])
    mean = parts[0].columns[0].numbers.mean()
    assert pre.encoders[0].mean == mean
    assert mean != table.columns[0].numbers.mean()
    assert pre.encoders[0].scale == parts[0].columns[0].numbers.std()
    prepared = bpd.prepare(table, seed=0)
    assert prepared.preprocessor.encoders == pre.encoders
    assert np.array_equal(prepared.test.x, pre.transform(parts[2]))
    changed = [[1e6, "new", r[2]] if i in set(_rows(parts[2])) else r for i, r in enumerate(rows)]
    other = Table.from_rows(changed, ["i", "t", "y"]).with_target("y")
    assert bpd.prepare(other, seed=0).preprocessor.encoders == pre.encoders
    x = np.random.default_rng(0).normal(size=(50, 3))
    data = bpd.Dataset(x, np.arange(50) % 2)
    train = data.split(seed=4)[0]
    assert np.allclose(bpd.prepare(data, seed=4).preprocessor.mean, train.x.mean(axis=0))


def _rows(part):
    return part.columns[0].numbers.astype(int)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-300, -7e100])
def test_constant_columns_do_not_divide_by_zero(value):
    table = Table.from_rows([[value, i, i % 2] for i in range(9)], ["c", "i", "y"])
    pre = Preprocessor.fit(table.with_target("y"))
    assert pre.transform(table)[:, 0].tolist() == [0] * 9
    array = bpd.Dataset(np.full((4, 2), value), np.full(4, value), "regression")
    fitted = Preprocessor.fit(array)
    assert fitted.transform(array).tolist() == [[0, 0]] * 4
    assert fitted.transform_target(array).tolist() == [[0]] * 4
    assert fitted.inverse_target([[0]]).tolist() == [[value]]
    black = bpd.Dataset(np.zeros((4, 2, 2), dtype="uint8"), [0, 1, 0, 1])
    assert not Preprocessor.fit(black).transform(black).any()


def test_columns_without_a_value_and_with_a_text_for_each_row():
    rows = [[None, f"name {i}", i, i % 2] for i in range(30)]
    table = Table.from_rows(rows, ["gone", "id", "i", "y"]).with_target("y")
    pre = Preprocessor.fit(table)
    assert pre.feature_names == ["gone", "i"]
    assert any("'id' holds a different text in each row: it is left out" in n for n in pre.notes)
    assert any("'gone' has no value" in n for n in pre.notes)
    assert pre.transform(table).shape == (30, 2)


def test_only_the_most_frequent_of_many_texts(monkeypatch):
    from backprop.data import encoders

    monkeypatch.setattr(encoders, "MOST_CATEGORIES", 2)
    table = Table.from_rows([[t, i % 2] for i, t in enumerate("aabbbc")], ["t", "y"])
    pre = Preprocessor.fit(table.with_target("y"))
    assert pre.feature_names == ["t=a", "t=b"]
    assert "the 2 most frequent" in pre.notes[0]


def test_images_share_one_mean_and_scale():
    rng = np.random.default_rng(0)
    data = bpd.Dataset(rng.integers(0, 256, (20, 4, 3), dtype="uint8"), np.arange(20) % 2)
    pre = Preprocessor.fit(data)
    mean, std = data.x.mean(), data.x.std()
    np.testing.assert_allclose([pre.mean[0], pre.scale[0]], [mean, std], rtol=1e-14)
    np.testing.assert_allclose(pre.transform(data, "float64"), (data.x - mean) / std, rtol=1e-13)
    flat = Preprocessor.fit(data, flatten=True)
    assert (pre.shape, flat.shape) == ((4, 3), (12,))
    assert np.array_equal(flat.transform(data), pre.transform(data).reshape(20, 12))
    as_floats = bpd.Dataset(data.x.astype("float64"), data.y)
    np.testing.assert_allclose(Preprocessor.fit(as_floats).scale, [std], rtol=1e-14)


def test_columns_of_an_array_each_have_their_own():
    data = bpd.Dataset(np.array([[0.0, 100], [2, 300]]), np.array([[1.0, 5], [3, 5]]))
    pre = Preprocessor.fit(data)
    assert (pre.mean, pre.scale) == ([1, 200], [1, 100])
    assert pre.transform(data).tolist() == [[-1, -1], [1, 1]]
    assert (pre.target_mean, pre.target_scale, pre.outputs) == ([2, 5], [1, 1], 2)


@pytest.mark.parametrize("kind", ["table", "columns", "image"])
def test_json_round_trip_is_exact(kind, pre):
    rng = np.random.default_rng(1)
    if kind == "table":
        rows = [[float(rng.normal()) * 1e-7, 'éa"\n'[i % 4], float(rng.normal())] for i in range(9)]
        data = Table.from_rows(rows, ["ü", "t", "y"]).with_target("y")
    elif kind == "columns":
        data = bpd.Dataset(rng.normal(size=(9, 3)), rng.normal(size=(9, 2)))
    else:
        data = bpd.Dataset(rng.integers(0, 255, (9, 4, 4), dtype="uint8"), np.arange(9) % 3)
    first = Preprocessor.fit(data, flatten=kind == "image")
    text = first.to_json()
    again = Preprocessor.from_json(text)
    assert again.to_json() == text
    for dtype in ("float32", "float64"):
        assert np.array_equal(first.transform(data, dtype), again.transform(data, dtype))
        a, b = (p.transform_target(data, dtype) for p in (first, again))
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)
    assert (again.shape, again.classes, again.outputs) == (
        first.shape,
        first.classes,
        first.outputs,
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": "backprop-preprocessor"}'])
def test_json_of_something_else(text):
    with pytest.raises(ValueError, match=r"is not what Preprocessor.to_json writes"):
        Preprocessor.from_json(text)


def test_json_of_another_version(pre):
    content = json.loads(pre.to_json())
    content["version"] = 99
    with pytest.raises(ValueError, match="another format or version"):
        Preprocessor.from_json(json.dumps(content))


def test_published_test_part_is_kept():
    test = bpd.Dataset(np.ones((7, 2)), np.arange(7) % 2)
    source = bpd.Dataset(np.arange(180.0).reshape(90, 2), np.arange(90) % 2, test=test)
    parts = bpd.prepare(source)
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [80, 10, 7]
    assert parts.notes[-1].endswith("7 for test, as published")
    np.testing.assert_allclose(parts.train.x.mean(axis=0), 0, atol=1e-6)
    assert bpd.prepare(source, (0.9, 0, 0.1)).validation is None


def test_same_seed_same_parts_to_the_bit():
    source = bpd.digits()
    a, b = bpd.prepare(source, seed=3), bpd.prepare(source, seed=3)
    assert a.train.x.tobytes() == b.train.x.tobytes()
    assert a.test.y.tobytes() == b.test.y.tobytes()
    assert a.train.x.tobytes() != bpd.prepare(source, seed=4).train.x.tobytes()
    assert bpd.prepare(source, dtype="float64").train.x.dtype == np.float64


def test_rows_of_a_text_file_for_a_model_of_arrays(tmp_path):
    data = bpd.digits()
    pre = bpd.prepare(data).preprocessor
    rows = np.column_stack([data.x[:5], data.y[:5]])
    np.savetxt(tmp_path / "rows.csv", rows, fmt="%d", delimiter=",")
    with_label = bpd.load_rows(tmp_path / "rows.csv", pre)
    assert np.array_equal(pre.transform(with_label), pre.transform(data.x[:5]))
    assert pre.has_target(with_label)
    assert pre.transform_target(with_label).tolist() == data.y[:5].tolist()
    np.savetxt(tmp_path / "x.csv", rows[:, :64], fmt="%d", delimiter=",")
    without = bpd.load_rows(tmp_path / "x.csv", pre)
    assert not pre.has_target(without)
    assert np.array_equal(pre.transform(without), pre.transform(data.x[:5]))


def test_prediction_files_with_and_without_a_header(tmp_path):
    (tmp_path / "train.csv").write_text("size,kind,y\n1,a,u\n2,b,v\n4,a,u\n5,b,u\n")
    pre = Preprocessor.fit(bpd.load(tmp_path / "train.csv", target="y"))
    (tmp_path / "named.csv").write_text("kind,size\nb,2\n")
    (tmp_path / "bare.csv").write_text("2,b\n")
    (tmp_path / "full.csv").write_text("2,b,v\n")
    x = [bpd.load_rows(tmp_path / f, pre) for f in ("named.csv", "bare.csv", "full.csv")]
    first = pre.transform(x[0]).tolist()
    assert all(pre.transform(t).tolist() == first for t in x)
    assert [pre.has_target(t) for t in x] == [False, False, True]
    assert pre.transform_target(x[2]).tolist() == [1]
    assert pre.transform_target(["v", "u"]).tolist() == [1, 0]


def test_on_disk_arrays_stay_there(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (100, 4, 4), dtype="uint8")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    y = np.arange(100) % 3
    lazy = bpd.prepare(bpd.Dataset(mapped, y), flatten=True)
    full = bpd.prepare(bpd.Dataset(x, y), flatten=True)
    assert type(lazy.train.x).__name__ == "Rows"
    assert lazy.preprocessor.to_json() == full.preprocessor.to_json()
    options = {"batch_size": 16, "shuffle": True, "seed": 1}
    streamed = bpd.DataLoader(lazy.train, transform=lazy.transform, **options)
    for (a, c), (b, d) in zip(streamed, bpd.DataLoader(full.train, **options), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)
        assert c.tolist() == d.tolist()
