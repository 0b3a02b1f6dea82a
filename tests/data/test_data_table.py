"""Tables from text files in the dialects people have."""

import gzip

import numpy as np
import pytest

import backprop.data as bpd
from backprop.data.table import Table


@pytest.fixture
def write(tmp_path):
    def make(text, name="t.csv", encoding="utf-8"):
        data = text if isinstance(text, bytes) else text.encode(encoding)
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return make


def columns(table):
    return [c.text.tolist() for c in table.columns]


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1,x,2.5\n3,y,4\n",
        "a;b;c\n1;x;2,5\n3;y;4\n",
        "a\tb\tc\r\n1\tx\t2.5\r\n3\ty\t4\r\n",
        "  a  b   c\n 1  x 2.5\n\n 3\ty  4  \n",
        "\ufeffa, b , c\n1, x ,2.5\n\n3,y, 4",
        '"a","b","c"\n1,"x","2.5"\n3,y,4\n',
        '"a" , "b","c"\n1,"x" ,"2.5"\n3,y,4\n',
        "# made by hand\na,b,c\n1,x,2.5\n3,y,4\n",
        "a,b,c\r1,x,2.5\r3,y,4\r",
    ],
)
def test_dialects_give_the_same_table(write, text):
    table = bpd.read_table(write(text))
    assert table.names == ["a", "b", "c"]
    assert [c.kind for c in table.columns] == ["numeric", "categorical", "numeric"]
    assert table.columns[0].numbers.tolist() == [1, 3]
    assert table.columns[1].text.tolist() == ["x", "y"]
    assert table.columns[2].numbers.tolist() == [2.5, 4]


def test_compressed_and_utf16(write):
    text = "größe,b\n1,é\n2,x\n"
    for data in (gzip.compress(text.encode()), text.encode("utf-16")):
        assert bpd.read_table(write(data)).names == ["größe", "b"]
    latin = write(text, encoding="latin-1")
    assert bpd.read_table(latin, encoding="latin-1").columns[1].text[0] == "é"


def test_quotes_hold_delimiters_quotes_and_line_ends(write):
    table = bpd.read_table(write('a,b\n1,"x, ""y""\nz"\n2,w\n3,"p\u2028q"\n'))
    assert table.columns[1].text.tolist() == ['x, "y"\nz', "w", "p\u2028q"]
    assert table.lines.tolist() == [3, 4, 5]


def test_decimal_commas_are_said(write):
    table = bpd.read_table(write("a;b\n1,5;2\n3;4\n"))
    assert table.columns[0].numbers.tolist() == [1.5, 3]
    assert "the column 'a' holds numbers with a decimal comma" in table.notes
    quoted = bpd.read_table(write('a,b\n"1,5",2\n3,4\n'))
    assert quoted.columns[0].kind == "categorical"


def test_missing_values(write):
    table = bpd.read_table(write("a,b\n1,?\n,x\n?,NA\nNaN,\nnull,y\n2,N/A\n"))
    assert table.columns[0].missing.tolist() == [False, True, True, True, True, False]
    assert table.columns[1].missing.tolist() == [True, False, True, True, False, True]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("1,2\n3,4\n", False),
        ("x,1\ny,2\n", False),
        ("a,b\nx,y\nx,z\n", True),
        ("x,y\nx,y\nz,y\n", False),
        ("?,y\n1,y\n2,y\n", False),
        (",a\n0,1\n1,2\n", True),
        ("x,y\n", False),
    ],
)
def test_header_is_told_from_the_rows(write, text, header):
    table = bpd.read_table(write(text))
    assert table.header is header
    assert any("header" in note for note in table.notes)


def test_header_by_choice_and_by_expected_names(write):
    file = write("2001,2002\n1,2\n")
    assert bpd.read_table(file).header is False
    assert bpd.read_table(file, header=True).names == ["2001", "2002"]
    assert bpd.read_table(file, expected=["2002"]).header is True
    text = write("kind,size\nbig,?\n")
    assert bpd.read_table(text, expected=["kind"]).names == ["kind", "size"]
    assert bpd.read_table(text, header=False).names == ["column 0", "column 1"]


def test_comment_line_like_that_of_the_census_test_part(write):
    table = bpd.read_table(write("|1x3 Cross validator\n25, Private, <=50K.\n38, Self, >50K.\n"))
    assert len(table) == 2
    assert table.lines.tolist() == [2, 3]
    assert table.notes[0] == "line 1 ('|1x3 Cross validator') is a comment, left out"
    assert bpd.read_table(write("#,name,y\n1,a,2\n2,b,3\n")).names == ["#", "name", "y"]


def test_whole_numbers_with_underscores_and_words_are_text(write):
    table = bpd.read_table(write("a,b\n1_000,none\n2_000,x\n"))
    assert [c.kind for c in table.columns] == ["categorical", "categorical"]


def test_target_by_name_number_and_last(write):
    table = bpd.read_table(write("a,b,y\n1,2,u\n3,4,v\n5,6,u\n"))
    for target in ("y", 2, -1, "2", "-1", "last", None):
        assert table.with_target(target).target == 2
    assert table.with_target("a", "regression").target == 0
    assert "no target was named" in table.with_target().notes[-2]
    assert not any("no target" in note for note in table.with_target("y").notes)
    numbered = bpd.read_table(write("a,1,y\n1,2,u\n3,4,v\n5,6,u\n"), header=True)
    assert numbered.with_target("1", "regression").target == 1


def test_rows_without_a_target_are_left_out_and_said(write):
    table = bpd.read_table(write("a,y\n1,u\n2,NA\n3,v\n4,u\n")).with_target("y")
    assert len(table) == 3
    assert table.columns[0].numbers.tolist() == [1, 3, 4]
    assert "1 of 4 rows have no value of the target 'y' and are left out" in table.notes
    assert table.place(1).endswith("t.csv, line 4")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 3, "classification"),
        (["True", "False"] * 3, "classification"),
        ([0, 1] * 3, "classification"),
        ([-1, 1] * 3, "classification"),
        ([5, 7] * 3, "classification"),
        ([0, 1, 2] * 3, "classification"),
        ([1, 2, 3, 5, 6, 7] * 3, "classification"),
        ([1.0, 2.0, 3.0] * 3, "classification"),
        ([3, 4, 5, 6, 7, 8] * 3, "regression"),
        ([0.5, 1] * 3, "regression"),
        (list(range(21)) * 3, "regression"),
        ([0, 1, 2, 3, 4], "regression"),
    ],
)
def test_task_is_told_from_the_target_and_said(values, task):
    table = Table.from_rows([[i % 3, v] for i, v in enumerate(values)], ["a", "y"])
    told = table.with_target("y")
    assert told.task == task
    assert f"the target 'y' is for {task}: " in told.notes[-1]
    if set(map(type, values)) == {int}:
        forced = table.with_target("y", "regression")
        assert (forced.task, forced.classes) == ("regression", None)


def test_class_names_are_sorted_as_numbers_or_text():
    table = Table.from_rows([[0, v] for v in ["10", "9", "1", "1.0", "9", "10"]], ["a", "y"])
    assert table.with_target("y").classes == ["1", "9", "10"]
    assert table.with_target("y").labels().tolist() == [2, 1, 0, 0, 1, 2]
    text = Table.from_rows([[0, v] for v in ["b", "a", "b"]], ["a", "y"])
    assert text.with_target("y").labels().tolist() == [1, 0, 1]


def test_test_part_whose_labels_end_in_a_point(write):
    train = write("1,a,<=50K\n2,b,>50K\n3,a,>50K\n", "train.csv")
    test = write("|junk\n4,a,>50K.\n5,b,<=50K.\n", "test.csv")
    source = bpd.load(train, test=test)
    assert source.test.labels().tolist() == [1, 0]
    assert len(source.test) == 2
    assert source.test.classes == ["<=50K", ">50K"]
    bad = write("4,a,>50K.\n5,b,other.\n", "bad.csv")
    with pytest.raises(ValueError, match=r"got the class .*'other.'.* wanted one of the classes"):
        bpd.load(train, test=bad)


def test_rows_in_memory():
    table = Table.from_rows([{"a": 1.5, "b": None}, {"b": True, "a": float("nan")}])
    assert columns(table) == [["1.5", "nan"], ["", "True"]]
    assert table.columns[0].numbers[0] == 1.5
    assert Table.from_rows(np.array([[1.0, 2.0]])).names == ["column 0", "column 1"]


def test_subset_and_split_keep_all_columns_in_step():
    rows = [[i, "ab"[i % 2], i % 2] for i in range(20)]
    table = Table.from_rows(rows, ["i", "t", "y"]).with_target("y")
    train, validation, test = table.split((0.5, 0.25, 0.25), seed=1)
    assert [len(p) for p in (train, validation, test)] == [10, 5, 5]
    for part in (train, validation, test):
        i = part.columns[0].numbers.astype(int)
        assert part.columns[1].text.tolist() == ["ab"[k % 2] for k in i]
    assert table.split((0.5, 0.5, 0.0))[2] is None


def test_census_sized_file_is_read_fast(write):
    import time

    line = "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Male, 40, <=50K\n"
    other = line.replace("<=50K", ">50K").replace("39", "?")
    file = write((line + other) * 16000)
    start = time.perf_counter()
    assert len(bpd.load(file)) == 32000
    assert time.perf_counter() - start < 5  # about 0.3 s; room for a busy machine
