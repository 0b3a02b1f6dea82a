"""A table of bad inputs, each with the error that says what is wrong and what to do."""

import pickle
import re
import zipfile

import numpy as np
import pytest

import backprop.data as bpd
from backprop.data import DataLoader, Dataset, Preprocessor, Table, load, prepare

X, Y = np.zeros((4, 2)), np.array([0, 1, 0, 1])

FILES = {
    "empty file": ("", {}, "is empty, wanted a table"),
    "blank lines only": ("\n  \n", {}, "is empty, wanted a table"),
    "header only": ("a,b\n", {"header": True}, "holds a header and no rows"),
    "ragged row": ("a,b\n1,2\n3\n", {}, r"line 3: got 1 fields, wanted 2 as the header has"),
    "ragged row, no header": ("1,2\n3,4\n5,6,7\n", {}, "line 3: got 3 fields, wanted 2 as most"),
    "same name twice": ("a,b,a\n1,2,3\n", {}, "columns 0 and 2 are both called 'a'"),
    "missing target": (
        "size,price\n1,2.5\n2,3.5\n",
        {"target": "pric"},
        "'pric', which is no column .* one of 'size', 'price'. Did you mean 'price'?",
    ),
    "target in other capitals": (
        "size,price\n1,2.5\n2,3.5\n",
        {"target": "PRICE"},
        "Did you mean 'price'",
    ),
    "target number too high": (
        "a,b\n1,2\n3,4\n",
        {"target": 2},
        "got column 2 of .*, which has 2: wanted a number from 0 to 1",
    ),
    "zero byte": ("a,b\n1,\x002\n", {}, "line 2: holds a zero byte, so it is not text"),
    "binary": (b"\x89PNG\r\n\x1a\n", {}, "is a picture, wanted text"),
    "workbook": (b"PK\x03\x04abc", {}, "is a zip file .*; export the table as CSV"),
    "wrong encoding": (
        "a,b\n1,x\n2,caf\xe9\n".encode("latin-1"),
        {},
        "line 3: the byte e9 is not UTF-8 text; save the file as UTF-8",
    ),
    "open quote": ('a,b\n1,"x\n2,y\n', {}, "a quote is opened and not closed"),
    "infinite number": ("a,b\n1,2\ninf,3\n", {}, "line 3: column 'a': got 'inf', wanted a finite"),
    "one column": ("a\n1\n2\n", {}, "got one column, .* wanted at least two"),
    "target without a value": ("a,b\n1,?\n2,NA\n", {}, "the target 'b' has no value in any row"),
    "text for a regression": (
        "a,b\n1,2.5\n2,x\n",
        {"task": "regression"},
        "line 3: the target 'b' is 'x', wanted a number for a regression",
    ),
    "one class": ("a,b\n1,x\n2,x\n", {}, "'x' in every row, wanted at least two classes"),
    "a class a row": ("a,b\n1,x\n2,y\n3,z\n", {}, "different in each of the 3 rows"),
    "no such task": ("a,b\n1,2\n", {"task": "clustering"}, "task: got 'clustering', wanted 'class"),
    "damaged gzip": (b"\x1f\x8b\x08\x00abc", {}, "the gzip file is damaged or cut short"),
}


@pytest.mark.parametrize("case", FILES)
def test_files(case, tmp_path):
    text, options, says = FILES[case]
    file = tmp_path / "bad.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=re.compile(says, re.DOTALL)) as caught:
        load(file, **options)
    assert "bad.csv" in str(caught.value) or "task" in options


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("name", ["m.pkl", "m.pickle", "m.pt", "m.pth", "m.joblib", "m.ckpt"])
def test_formats_that_run_code_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="can run code when it is opened and is never read"):
        load(tmp_path / name)


def test_pickles_under_another_name_are_not_opened(tmp_path):
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"is not an .npz file but a pickle, which can run code"):
        load(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=X, y=np.array([Bomb()] * 4, dtype=object))
    with pytest.raises(ValueError, match="array of Python objects, which can run code"):
        load(tmp_path / "b.npz")
    (tmp_path / "c.csv").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"zero byte|not UTF-8"):
        load(tmp_path / "c.csv")


def test_npz_that_cannot_be_used(tmp_path):
    np.savez(tmp_path / "a.npz", x=X)
    with pytest.raises(ValueError, match=r"holds the arrays 'x', wanted x and y.* 'y' is missing"):
        load(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x_train=X, y_train=Y, x_test=X)
    with pytest.raises(ValueError, match="'y_test' is missing"):
        load(tmp_path / "b.npz")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as file:
        file.writestr("x.npy", b"junk")
    with pytest.raises(ValueError, match=r"damaged|Python objects"):
        load(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", x=X, y=Y[:3])
    with pytest.raises(ValueError, match=r"y: got shape \(3,\) beside x of shape \(4, 2\)"):
        load(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", x=X, y=np.array(list("abab")))
    with pytest.raises(ValueError, match="wanted numbers for a regression"):
        load(tmp_path / "e.npz", task="regression")
    whole = (tmp_path / "d.npz").read_bytes()
    (tmp_path / "f.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"the .npz file is damaged"):
        load(tmp_path / "f.npz")


def test_names_and_paths_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no such file.* Did you mean 'mnist'"):
        load("mnits")
    with pytest.raises(FileNotFoundError, match="Did you mean 'fashion-mnist'"):
        load("fashion_mnist")
    with pytest.raises(ValueError, match="is a folder, wanted a file"):
        load(tmp_path)
    (tmp_path / "a.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds one array; save inputs and targets together"):
        load(tmp_path / "a.npy")
    with pytest.raises(ValueError, match="target: got 'y', wanted none: digits has a target"):
        load("digits", target="y")
    with pytest.raises(ValueError, match="digits has classes"):
        load("digits", task="regression")
    with pytest.raises(ValueError, match="wanted none: a test file is for tables"):
        load("digits", test="t.csv")


DATASETS = {
    "lengths differ": (
        (X, Y[:3]),
        {},
        ValueError,
        r"y: got shape \(3,\) beside x of shape \(4, 2\)",
    ),
    "no rows": ((X[:0], Y[:0]), {}, ValueError, "x: got 0 rows, wanted at least 1"),
    "no columns": ((X[:, :0], Y), {}, ValueError, "wanted at least one feature"),
    "flat x": ((X[:, 0], Y), {}, ValueError, r"wanted \(N, \.\.\.\).*use x\[:, None\]"),
    "text in x": ((X.astype(str), Y), {}, TypeError, "x: got dtype .*, wanted real numbers"),
    "complex x": ((X + 1j, Y), {}, TypeError, "x: got dtype complex128, wanted real numbers"),
    "text in y": ((X, np.array(list("abab"))), {}, TypeError, "for text labels use numpy.unique"),
    "NaN in y": ((X, [0.5, np.nan, 1, 2]), {}, ValueError, "y: got nan in row 1, wanted finite"),
    "inf in y": ((X, [0.5, 1, -np.inf, 2]), {}, ValueError, "y: got -inf in row 2"),
    "negative class": (
        (X, [0, 1, -1, 0]),
        {},
        ValueError,
        "got class index -1, wanted 0 to K-1",
    ),
    "class too high": (
        (X, [0, 1, 2, 0]),
        {"classes": ["a", "b"]},
        ValueError,
        r"got class index 2, wanted 0 to 1 \(2 classes\)",
    ),
    "one-hot y": (
        (X, np.eye(4, dtype=int)),
        {},
        ValueError,
        r"got shape \(4, 4\) for a classification.*argmax",
    ),
    "fractional class": (
        (X, [0.5, 1, 0, 1]),
        {"task": "classification"},
        ValueError,
        "y: got 0.5 for a classification, wanted class indices",
    ),
    "classes of a regression": (
        (X, [0.5, 1, 0, 1]),
        {"classes": ["a"]},
        ValueError,
        "got names for a regression",
    ),
    "no such task": ((X, Y), {"task": "other"}, ValueError, "task: got 'other', wanted"),
    "too few names": ((X, Y), {"features": ["a"]}, ValueError, "features: got 1 names for x of"),
    "3-d y": ((X, np.zeros((4, 1, 1))), {}, ValueError, r"wanted \(N,\) or \(N, T\)"),
    "test of another shape": (
        (X, Y),
        {"test": Dataset(np.zeros((2, 3)), [0, 1])},
        ValueError,
        r"test: got rows of shape \(3,\), wanted the training part's, \(2,\)",
    ),
}


@pytest.mark.parametrize("case", DATASETS)
def test_datasets(case):
    arguments, options, error, says = DATASETS[case]
    with pytest.raises(error, match=re.compile(says, re.DOTALL)):
        Dataset(*arguments, **options)


LOADERS = {
    "batch of 0": ((X, Y), {"batch_size": 0}, ValueError, "batch_size: got 0, wanted at least 1"),
    "negative batch": ((X, Y), {"batch_size": -2}, ValueError, "batch_size: got -2"),
    "half a batch": ((X, Y), {"batch_size": 2.5}, TypeError, "batch_size: got 2.5, wanted a whole"),
    "true": ((X, Y), {"batch_size": True}, TypeError, "batch_size: got True"),
    "no rows": ((X[:0], Y[:0]), {}, ValueError, "x: got 0 rows, wanted at least 1"),
    "lengths differ": ((X, Y[:3]), {}, ValueError, "y: got 3 rows beside 4 of x"),
    "x alone": (X, {}, TypeError, "data: got ndarray, wanted a Dataset or a pair"),
    "no y": ((X, None), {}, TypeError, "data: got None for y, wanted a Dataset or a pair"),
    "three": ((X, Y, Y), {}, TypeError, "data: got 3 of them, wanted a Dataset or a pair"),
    "text": ((X, ["a"] * 4), {}, TypeError, "y: got <U1, wanted an array of numbers"),
    "a number": ((X, 3), {}, ValueError, "y: got a single number"),
    "two seeds": (
        (X, Y),
        {"seed": 1, "generator": bpd.loader.backends.Generator(0)},
        ValueError,
        "got a generator and a seed",
    ),
    "no such device": ((X, Y), {"device": "tpu"}, ValueError, "device: got 'tpu'"),
    "no such dtype": ((X, Y), {"dtype": "float33"}, TypeError, "dtype: got 'float33'"),
}


@pytest.mark.parametrize("case", LOADERS)
def test_loaders(case):
    data, options, error, says = LOADERS[case]
    with pytest.raises(error, match=re.escape(says)):
        DataLoader(data, **options)


@pytest.mark.parametrize("state", [None, {}, {"seed": 1}, [1, 2]])
def test_states(state):
    with pytest.raises(ValueError, match=r"state: got .*, wanted what get_state returns"):
        DataLoader((X, Y)).set_state(state)


def test_state_of_another_loader():
    with pytest.raises(ValueError, match="got batch 7, wanted 0 to 1"):
        DataLoader((X, Y)).set_state({**DataLoader((X, Y)).get_state(), "batch": 7})


TRAIN = Table.from_rows([[1, 2, "a"], [3, 4, "b"], [5, 6, "a"]], ["size", "weight", "kind"])
PRE = Preprocessor.fit(TRAIN.with_target("kind"))
IMAGES = Preprocessor.fit(Dataset(np.zeros((3, 2, 2), dtype="uint8"), [0, 1, 0]))

ROWS = {
    "missing column": ([{"size": 1}], "the column 'weight' of the training data is missing; got"),
    "renamed column": (
        [{"size": 1, "weigth": 2}],
        "Is it 'weigth' for 'weight'? Rename it in the header",
    ),
    "additional column": (
        [{"size": 1, "weight": 2, "age": 3}],
        "got the additional column 'age', wanted those of the training data: 'size', 'weight'",
    ),
    "too many values": ([[1, 2, 3, 4]], "got 4 columns, wanted 2 as in the training data"),
    "text for a number": ([[1, "x"]], "row 0: column 'column 1': got 'x', wanted a number"),
    "too far": ([[1, 1e300]], "1e+300 is too far from the training data"),
    "no rows": ([], "got 0 rows, wanted at least 1"),
    "rows of two lengths": ([[1, 2], [1]], "row 1: got 1 values, wanted 2"),
    "dicts of two kinds": ([{"size": 1, "weight": 2}, {"size": 1}], "row 1: got 'size', wanted"),
}


@pytest.mark.parametrize("case", ROWS)
def test_rows_to_predict(case):
    rows, says = ROWS[case]
    with pytest.raises(ValueError, match=re.escape(says)):
        PRE.transform(rows)


def test_arrays_to_predict():
    with pytest.raises(ValueError, match=r"array of shape \(1, 3, 3\), wanted \(N, 2, 2\)"):
        IMAGES.transform(np.zeros((1, 3, 3)))
    with pytest.raises(ValueError, match="x: got nan in row 1"):
        IMAGES.transform(np.array([[0, 0, 0, 0], [0, np.nan, 0, 0]]))
    with pytest.raises(TypeError, match="wanted numbers"):
        IMAGES.transform(np.array([["a"] * 4]))
    with pytest.raises(ValueError, match="got 3 columns, wanted 4 numbers a row"):
        IMAGES.transform(Table.from_rows([[1, 2, 3]]))
    with pytest.raises(ValueError, match="row 1: column 'column 2': got 'x', wanted a number"):
        IMAGES.transform(Table.from_rows([[1, 2, 3, 4], [1, 2, "x", 4]]))
    with pytest.raises(TypeError, match="got Dataset, wanted rows of a table with the columns"):
        PRE.transform(Dataset(X, Y))


def test_targets_to_judge():
    with pytest.raises(ValueError, match=r"got the class 'c', wanted one of .* 'a', 'b'"):
        PRE.transform_target(["a", "c"])
    with pytest.raises(ValueError, match="holds no target, wanted the column 'kind' too"):
        PRE.transform_target(Table.from_rows([[1, 2]]))
    with pytest.raises(ValueError, match="the target 'kind' is missing"):
        PRE.transform_target(Table.from_rows([[1, 2, None]], ["size", "weight", "kind"]))
    with pytest.raises(ValueError, match="the task is classification"):
        PRE.inverse_target([[0.0]])
    numbers = Preprocessor.fit(Dataset(X, [0.5, 1, 2, 3]))
    with pytest.raises(ValueError, match=r"shape \(1, 2\), wanted \(N, 1\)"):
        numbers.transform_target([[1.0, 2.0]])


def test_sources_to_prepare():
    with pytest.raises(TypeError, match=r"source: got str, wanted what backprop.data.load returns"):
        prepare("digits")
    with pytest.raises(ValueError, match="fractions: got 2, wanted three"):
        prepare(Dataset(X, Y), (0.5, 0.5))
    with pytest.raises(ValueError, match="has no target; choose one"):
        prepare(TRAIN)
    with pytest.raises(ValueError, match="dtype: got int64, wanted float32 or float64"):
        prepare(Dataset(X, Y), (1.0, 0, 0), dtype="int64")
    bad = np.array([[1.0, np.nan], [0, 0], [0, 0], [0, 0]])
    with pytest.raises(ValueError, match="x: got nan in row 0"):
        prepare(Dataset(bad, Y), (1.0, 0, 0))
    with pytest.raises(ValueError, match="column 'a': got numbers too large to average"):
        prepare(Table.from_rows([[1e300, 0], [-1e300, 1]], ["a", "y"]).with_target("y"), (1, 0, 0))
    names = Table.from_rows([[f"t{i}", i % 2] for i in range(30)], ["a", "y"]).with_target("y")
    with pytest.raises(ValueError, match="no column is left to predict from"):
        prepare(names, (1, 0, 0))
