"""Reading tables from text files: CSV in its dialects, and columns set apart by blanks."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .idx import contents
from .table import MISSING, Table, parse_numbers
from .target import shorten

DELIMITERS = {"\t": "a tab", ";": "';'", ",": "','", " ": "blanks"}
"""What may set fields apart, with what messages call it, the surest first."""

_BINARY = {
    b"PK\x03\x04": "a zip file (an Excel workbook, perhaps)",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x93NUMPY": "a .npy file",
    b"SQLite": "a database",
}
_SAMPLE = 50


def read_table(
    path: str | os.PathLike[str],
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    expected: Sequence[str] | None = None,
) -> Table:
    """The table in a text file: CSV (`,` `;` or tabs) or columns set apart by blanks.

    What sets the fields apart and whether the first line is a header are told from the file, and
    the notes say so. A header is a first line without a number, above a column of numbers or of
    texts other than its own. Blanks around fields, blank lines, quotes, decimal commas (where
    fields are not set apart by commas), leading comment lines (`#`, `%`, `|`) and gzip are
    understood. `?`, `NA`, `N/A`, `NaN`, `null` and empty fields are missing values.

    Args:
        path: the file.
        header: whether the first line holds names; None: told from the file.
        delimiter: ",", ";", "\\t", or " " for blanks; None: told from the file.
        encoding: of the text; None: UTF-8 (or UTF-16 with a byte order mark).
        expected: names of which a header would hold one at least; only used to tell a header.

    Raises:
        ValueError: the file is empty, binary, not in this encoding, or its rows do not fit; the
            message names the file and the line.
        FileNotFoundError: there is no such file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "t.csv").write_text("size,kind\\n1, a\\n2, b\\n")
    ...     read_table(Path(folder, "t.csv")).names
    ['size', 'kind']
    """
    name = os.fspath(path)
    if Path(path).is_dir():
        raise ValueError(f"{name}: is a folder, wanted a file")
    lines = list(io.StringIO(_decode(contents(path), name, encoding), newline=""))
    lines, start, notes = _skip_comments(lines)
    if not any(map(str.strip, lines)):
        raise ValueError(f"{name}: is empty, wanted a table of at least one row")
    if delimiter is None:
        delimiter = _sniff(lines)
    elif delimiter not in DELIMITERS:
        raise ValueError(f"delimiter: got {delimiter!r}, wanted one of {shorten([*DELIMITERS])}")
    rows, numbers = _rows(lines, delimiter, name, start)
    if header is None:
        header = _has_header(rows, expected)
        first = "is a header" if header else "is data, not a header"
        told = "holds column names" if header else "columns are known by number, from 0"
        notes.append(f"the first line {first}: {told} (choose with header=)")
    names = rows.pop(0) if header else None
    if not rows:
        raise ValueError(f"{name}: holds a header and no rows, wanted at least one row of data")
    numbers = numbers[-len(rows) :]
    if names is not None:
        names = [n or f"column {i}" for i, n in enumerate(names)]
    _check_widths(rows, numbers, names, name, delimiter)
    return Table.from_columns(
        list(zip(*rows, strict=True)),
        names,
        name=name,
        lines=np.array(numbers),
        comma=delimiter != ",",
        notes=notes,
    )


def _decode(raw: bytes, name: str, encoding: str | None) -> str:
    for magic, what in _BINARY.items():
        if raw.startswith(magic):
            raise ValueError(f"{name}: is {what}, wanted text; export the table as CSV")
    if encoding is None:
        utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        encoding = "utf-16" if utf16 else "utf-8-sig"
    if "16" not in encoding and "32" not in encoding and b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise ValueError(
            f"{name}, line {line}: holds a zero byte, so it is not text; wanted a table as CSV"
        )
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{name}, line {line}: the byte {raw[error.start]:02x} is not {error.encoding.upper()} "
            "text; save the file as UTF-8, or give its encoding (encoding='latin-1', perhaps)"
        ) from None
    except LookupError:
        raise ValueError(f"encoding: got {encoding!r}, which Python does not know") from None


def _skip_comments(lines: list[str]) -> tuple[list[str], int, list[str]]:
    """The lines after leading comments, how many were left out, and a note saying so.

    A line that has as many fields as the first line of data is a header that begins with a sign.
    """
    start = 0
    while start < len(lines) and (not lines[start].strip() or lines[start].lstrip()[0] in "#%|"):
        start += 1
    skipped = [i for i in range(start) if lines[i].strip()]
    rest = lines[start : start + _SAMPLE]
    if skipped and any(map(str.strip, rest)):
        delimiter = _sniff(rest)
        width = len(_fields(next(filter(str.strip, rest)), delimiter))
        if len(_fields(lines[skipped[-1]], delimiter)) == width > 1:
            start = skipped.pop()
    elif skipped:  # nothing but such lines
        start, skipped = 0, []
    if not skipped:
        return lines[start:], start, []
    shown = lines[skipped[0]].strip()[:40]
    more = f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
    return lines[start:], start, [f"line {skipped[0] + 1} ({shown!r}){more} is a comment, left out"]


def _fields(line: str, delimiter: str) -> list[str]:
    import csv

    if delimiter == " " and '"' not in line:
        return line.split()
    text = " ".join(line.split()) if delimiter == " " else line
    try:
        return next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return text.split(delimiter)


def _sniff(lines: list[str]) -> str:
    """The delimiter that cuts most lines into the same number of fields, at least two."""
    from itertools import islice

    sample = list(islice(filter(str.strip, lines), _SAMPLE))
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(len(_fields(line, delimiter)) for line in sample)
        width, count = widths.most_common(1)[0]
        if width > 1 and count / len(sample) > most:
            best, most = delimiter, count / len(sample)
    return best


def _rows(
    lines: list[str], delimiter: str, name: str, start: int
) -> tuple[list[list[str]], list[int]]:
    """The fields of each row, without blanks around them, and the line each row ends on."""
    import csv

    if delimiter == " ":
        pairs = [(i, _fields(line, " ")) for i, line in enumerate(lines, start + 1) if line.strip()]
        return [[f.strip() for f in row] for _, row in pairs], [i for i, _ in pairs]
    error: csv.Error | None = None
    for strict in (True, False):  # a blank after a closing quote is an error only to the strict
        reader: Any = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)
        try:
            return _read_all(reader, start)
        except csv.Error as caught:
            error = caught
            at = start + reader.line_num
            if "expected after" not in str(caught):
                break
    assert error is not None
    hint = "a quote is opened and not closed" if "end of data" in str(error) else str(error)
    if "field limit" in hint:
        hint = "a field is longer than 131072 characters; is a quote not closed?"
    raise ValueError(f"{name}, line {at}: {hint}")


def _read_all(reader: Any, start: int) -> tuple[list[list[str]], list[int]]:
    rows, numbers = [], []
    for row in reader:
        fields = [f.strip() for f in row]
        if fields and (len(fields) > 1 or fields[0]):
            rows.append(fields)
            numbers.append(start + reader.line_num)
    return rows, numbers


def _is_number(text: str) -> bool:
    return text not in MISSING and not isinstance(parse_numbers([text], comma=True), str)


def _has_header(rows: list[list[str]], expected: Sequence[str] | None) -> bool:
    first = rows[0]
    if expected is not None:
        return any(f in expected for f in first)
    if any(_is_number(f) or (f and f in MISSING) for f in first) or not any(first):
        return False
    below = [row for row in rows[1:] if len(row) == len(first)]
    if not below:
        return False
    below_columns: Iterable[Sequence[str]] = zip(*below, strict=True)
    return any(
        all(_is_number(t) or t in MISSING for t in column) or name not in column
        for name, column in zip(first, below_columns, strict=True)
    )


def _check_widths(
    rows: list[list[str]], numbers: list[int], names: list[str] | None, name: str, delimiter: str
) -> None:
    width = len(names) if names is not None else Counter(map(len, rows)).most_common(1)[0][0]
    row_width: Callable[[list[str]], int] = len
    for row, line in zip(rows, numbers, strict=True):
        if row_width(row) != width:
            wanted = "as the header has" if names is not None else "as most rows have"
            raise ValueError(
                f"{name}, line {line}: got {len(row)} fields, wanted {width} {wanted} "
                f"(fields are set apart by {DELIMITERS[delimiter]}); the row: "
                f"{shorten([f[:20] for f in row], 6)}"
            )
