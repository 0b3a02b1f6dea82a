"""Texts: characters as numbers, and stretches of them to learn from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .dataset import Dataset
from .split import check_fractions
from .table import parse_numbers

SUFFIXES = (".txt", ".text", ".md")
_FORMAT = "backprop.Characters"


@dataclass(frozen=True, eq=False)
class Text:
    """A text to learn to write like.

    Attributes:
        text: all of it.
        name: what to call it in messages.
        notes: sentences about decisions taken while reading, for the user to see.
    """

    text: str
    name: str = "text"
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)

    def describe(self) -> str:
        """Its length and its alphabet in a sentence.

        >>> Text("abba", "song").describe()
        'song: a text of 4 characters, 2 different ones'
        """
        count = len(set(self.text))
        return f"{self.name}: a text of {len(self.text)} characters, {count} different ones"


def read_text(path: str | os.PathLike[str]) -> Text:
    """The text in a file of UTF-8.

    Raises:
        ValueError: the file is empty, or is no text.
        FileNotFoundError: there is no such file.
    """
    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}: byte {error.start} is no UTF-8; save the text as UTF-8"
        ) from None
    if "\0" in text:
        raise ValueError(f"{name}: holds zero bytes, so it is no text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text:
        raise ValueError(f"{name}: is empty, wanted a text")
    return Text(text, name)


def looks_like_text(path: str | os.PathLike[str]) -> bool:
    """Whether a file is meant as a text and not as a table: its name ends in .txt, .text or .md,
    and its first lines do not all have the same number, two or more, of fields, some of them
    numbers."""
    if Path(path).suffix.lower() not in SUFFIXES:
        return False
    with open(path, "rb") as file:
        lines = file.read(4096).decode("utf-8", errors="replace").splitlines()[:-1][:20]
    lines = [line for line in lines if line.strip()]
    for fields in (str.split, lambda line: line.split(","), lambda line: line.split(";"),
                   lambda line: line.split("\t")):  # fmt: skip
        found = [fields(line) for line in lines]
        counts = {len(f) for f in found}
        some = any(isinstance(parse_numbers([t.strip()]), list) for f in found for t in f)
        if len(lines) > 1 and len(counts) == 1 and counts != {1} and some:
            return False
    return True


@dataclass(frozen=True)
class Characters:
    """Turns a text into numbers and back, by the characters it was made for.

    Attributes:
        alphabet: the characters, sorted; a character's number is its place.
        context: how many characters a row has.
        name: of the text.

    >>> codes = Characters("ab", 2)
    >>> codes.encode("abba").tolist(), codes.decode([1, 0])
    ([0, 1, 1, 0], 'ba')
    """

    alphabet: str
    context: int
    name: str = "text"

    task = "text"
    classes = None
    target_scale = ()

    @classmethod
    def of(cls, text: Text, context: int) -> Characters:
        """The alphabet of a text."""
        return cls("".join(sorted(set(text.text))), context, text.name)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a row."""
        return (self.context,)

    @property
    def outputs(self) -> int:
        """How many scores a network gives for each character."""
        return len(self.alphabet)

    def encode(self, text: str) -> np.ndarray:
        """The characters' numbers.

        Raises:
            ValueError: the text has a character that is not in the alphabet.
        """
        places = {c: i for i, c in enumerate(self.alphabet)}
        strange = sorted(set(text) - set(places))
        if strange:
            raise ValueError(
                f"text: holds {strange[0]!r}, which the model has never seen; its alphabet is "
                f"{self.alphabet!r}"
            )
        return np.array([places[c] for c in text], dtype=np.int64)

    def decode(self, codes: Sequence[int]) -> str:
        """The text of these numbers."""
        return "".join(self.alphabet[i] for i in codes)

    def rows(self, codes: np.ndarray) -> Dataset:
        """Stretches of `context` characters, each with the same shifted by one as its target.

        Those at the end that do not fill a stretch are left out.
        """
        count = (len(codes) - 1) // self.context
        size = count * self.context
        x = codes[:size].reshape(count, self.context)
        y = codes[1 : size + 1].reshape(count, self.context)
        return Dataset(x, y, "text", name=self.name)

    def to_json(self) -> str:
        """All of it as JSON."""
        content = {"alphabet": self.alphabet, "context": self.context, "name": self.name}
        return json.dumps({"format": _FORMAT, "version": 1, **content})

    @classmethod
    def from_json(cls, text: str) -> Characters:
        """What `to_json` wrote.

        Raises:
            ValueError: the text is not that.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            if content.pop("format") != _FORMAT or content.pop("version") != 1:
                raise ValueError("another format or version")
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"text: is not what Characters.to_json writes ({error})") from error


def prepare_text(
    text: Text, fractions: Sequence[float], context: int
) -> tuple[list[Dataset | None], Characters, list[str]]:
    """(training, validation and test part, what made them, notes) of a text.

    The parts are stretches of the text in its order: what follows is to be foretold, so a part
    that is judged must not lie among what was learned.

    Raises:
        ValueError: a part is shorter than one row.
    """
    shares = check_fractions(fractions)
    codes = Characters.of(text, context)
    numbers = codes.encode(text.text)
    ends = [round(sum(shares[: i + 1]) * len(numbers)) for i in range(len(shares))]
    parts: list[Dataset | None] = []
    for name, share, start, end in zip(
        ("training", "validation", "test"), shares, [0, *ends], ends, strict=False
    ):
        if share == 0:
            parts.append(None)
        elif end - start <= context:
            raise ValueError(
                f"{text.name}: its {name} part has {end - start} characters, wanted more than the "
                f"context of {context}; take a longer text or a smaller context"
            )
        else:
            parts.append(codes.rows(numbers[start:end]))
    sizes = [0 if p is None else len(p) for p in parts]
    notes = [
        *text.notes,
        f"split in the text's order: {sizes[0]} stretches of {context} characters for training, "
        f"{sizes[1]} for validation, {sizes[2]} for test",
    ]
    return parts, codes, notes
