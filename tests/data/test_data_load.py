"""load: by name, tables, arrays; what a subprocess imports."""

import subprocess
import sys

import numpy as np
import pytest

import backprop.data as bpd


def test_by_name_and_path(tmp_path):
    assert bpd.load("digits").name == "digits"
    (tmp_path / "t.csv").write_text("a,y\n1,2.5\n2,3.5\n")
    table = bpd.load(str(tmp_path / "t.csv"))
    assert (table.task, table.target_column.name) == ("regression", "y")


@pytest.mark.parametrize(
    ("y", "task", "classes"),
    [
        (np.array([0, 1, 2, 0, 1, 2]), "classification", ["0", "1", "2"]),
        (np.array([5, 7, 5, 7, 5, 7]), "classification", ["5", "7"]),
        (np.array([[0], [1], [0], [1], [0], [1]]), "classification", ["0", "1"]),
        (np.array(list("abcabc")), "classification", ["a", "b", "c"]),
        (np.array([b"b", b"a", b"b", b"a", b"b", b"a"]), "classification", ["a", "b"]),
        (np.array([True, False] * 3), "classification", ["0", "1"]),
        (np.array([0.5, 1, 2, 3, 4, 5]), "regression", None),
        (np.arange(12.0).reshape(6, 2), "regression", None),
    ],
)
def test_npz_targets(tmp_path, y, task, classes):
    np.savez(tmp_path / "d.npz", x=np.zeros((6, 2)), y=y)
    data = bpd.load(tmp_path / "d.npz")
    assert (data.task, data.classes) == (task, classes)
    assert task in data.notes[0]
    assert len(bpd.prepare(data, (0.5, 0, 0.5)).train) == 3


def test_npz_with_a_test_part_and_class_names(tmp_path):
    x, y = np.zeros((6, 2)), np.array([0, 1] * 3)
    np.savez(
        tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2], classes=["n", "j"]
    )
    data = bpd.load(tmp_path / "d.npz")
    assert data.classes == ["n", "j"]
    assert len(data.test) == 2
    pre = bpd.prepare(data).preprocessor
    rows = bpd.load_rows(tmp_path / "d.npz", pre)
    assert rows.y.tolist() == [0, 1]
    np.savez(tmp_path / "y.npz", x=x, y=y[::-1])  # class indices, as the names are no numbers
    assert bpd.load_rows(tmp_path / "y.npz", pre).y.tolist() == y[::-1].tolist()
    np.savez(tmp_path / "x.npz", x=x)
    assert pre.transform(bpd.load_rows(tmp_path / "x.npz", pre)).shape == (6, 2)
    np.savez(tmp_path / "r.npz", x=x, y=np.arange(6.0))
    assert bpd.load(tmp_path / "r.npz", task="regression").task == "regression"


def test_npz_labels_of_rows_to_judge_are_those_of_the_training(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(6), y=np.array([3, 5, 9] * 2))
    pre = bpd.prepare(bpd.load(tmp_path / "a.npz", task="classification")).preprocessor
    assert pre.classes == ["3", "5", "9"]
    np.savez(tmp_path / "b.npz", x=np.eye(6)[:2], y=np.array([9, 5]))
    assert pre.transform_target(bpd.load_rows(tmp_path / "b.npz", pre)).tolist() == [2, 1]


def test_nothing_heavy_is_imported():
    heavy = "cupy matplotlib pandas scipy urllib.request typer rich gzip hashlib tempfile zipfile"
    code = (
        "import sys, numpy, backprop; before = set(sys.modules); import backprop.data; "
        f"print([m for m in {heavy.split()!r} if m in set(sys.modules) - before])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
