"""Texts: reading them, telling them from tables, and cutting them into rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backprop.data import Characters, Table, Text, load, load_rows, prepare_text
from backprop.data.text import looks_like_text

SPEECH = "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n"


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt", SPEECH, True),
        ("a.md", SPEECH, True),
        ("a.csv", SPEECH, False),
        ("names.txt", "emma\nolivia\nava\n", True),
        ("table.txt", "1.5 2.5 3\n2 3 4\n5 6 7\n", False),
        ("table.txt", "a,b\n1,2\n3,4\n", False),
        ("table.txt", "a;b\n1;2\n3;4\n", False),
        ("table.txt", "a\tb\n1\t2\n3\t4\n", False),
        ("short.txt", "one line of words only", True),
    ],
)
def test_what_looks_like_a_text(name: str, content: str, wanted: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert looks_like_text(tmp_path / name) is wanted


def test_load_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + SPEECH.replace("\n", "\r\n").encode())
    source = load(path)
    assert isinstance(source, Text)
    assert source.text == SPEECH
    assert "a text of 81 characters, 30 different ones" in source.describe()
    table = tmp_path / "t.txt"
    table.write_text("1 2\n3 4\n5 6\n")
    assert isinstance(load(table), Table)
    assert isinstance(load(table, task="text"), Text)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty, wanted a text"), (b"ab\xff", "byte 2 is no UTF-8"), (b"a\0b", "zero bytes")],
)
def test_what_is_no_text(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        load(path, task="text")


def test_arguments_for_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(SPEECH)
    with pytest.raises(ValueError, match="target: got 'x', wanted none"):
        load(path, target="x", task="text")
    with pytest.raises(ValueError, match="task: got 'text', wanted 'classification': digits"):
        load("digits", task="text")


def test_rows_by_hand() -> None:
    """abcab, in rows of two: ab -> bc, ca -> ab."""
    rows = Characters("abc", 2).rows(np.array([0, 1, 2, 0, 1]))
    np.testing.assert_array_equal(rows.x, [[0, 1], [2, 0]])
    np.testing.assert_array_equal(rows.y, [[1, 2], [0, 1]])
    assert rows.task == "text"


def test_parts_follow_each_other() -> None:
    text = Text("".join(chr(97 + i % 26) for i in range(1000)))
    (train, validation, test), codes, notes = prepare_text(text, (0.8, 0.1, 0.1), 10)
    assert train is not None
    assert validation is not None
    assert test is not None
    assert [len(p) for p in (train, validation, test)] == [79, 9, 9]
    assert codes.decode(train.x[0]) == "abcdefghij"
    assert codes.decode(validation.x[0]) == text.text[800:810]
    assert codes.decode(test.y[0]) == text.text[901:911]
    assert "79 stretches of 10 characters for training" in notes[-1]
    parts, _, _ = prepare_text(text, (0.9, 0.1, 0.0), 10)
    assert parts[2] is None


def test_a_text_that_is_too_short() -> None:
    with pytest.raises(ValueError, match="its validation part has 10 characters, wanted more than"):
        prepare_text(Text("a" * 100), (0.8, 0.1, 0.1), 10)


def test_codes_and_back() -> None:
    codes = Characters.of(Text(SPEECH), 8)
    np.testing.assert_array_equal(
        codes.encode(SPEECH)[:3], [codes.alphabet.index(c) for c in "Fir"]
    )
    assert codes.decode(codes.encode(SPEECH)) == SPEECH
    assert Characters.from_json(codes.to_json()) == codes
    with pytest.raises(ValueError, match="holds 'b', which the model has never seen"):
        codes.encode("zebra")
    with pytest.raises(ValueError, match=r"is not what Characters\.to_json writes"):
        Characters.from_json("{}")


def test_rows_of_another_text(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_text("abba" * 3)
    rows = load_rows(path, Characters("ab", 4))
    assert rows.x.shape == (2, 4)
    path.write_text("abba")
    with pytest.raises(ValueError, match="has 4 characters, wanted more than the model's context"):
        load_rows(path, Characters("ab", 4))
