"""docs/code-by-others.md says what the tests find: the same names, with the same verdict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import backprop as bp

for library in ("array_api_extra", "scipy", "sklearn"):
    pytest.importorskip(library)

import extra_cases
import scipy_cases
import sklearn_cases

TEXT = (Path(bp.__file__).parents[1] / "docs" / "code-by-others.md").read_text(encoding="utf-8")
TESTED_ALONE = {"preprocessing.StandardScaler": "no"}
"""Verdicts of tests that are not in the tables of cases."""


def _documented(heading: str) -> dict[str, str]:
    (section,) = re.findall(rf"^## {heading}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    verdicts: dict[str, str] = {}
    for row in re.findall(r"^\| (`.*)$", section, re.MULTILINE):
        functions, verdict, *_ = [cell.strip() for cell in row.split("|")]
        for name in re.findall(r"`([^`]+)`", functions):
            assert name not in verdicts, f"{name} stands in two rows"
            verdicts[name] = verdict
    return verdicts


@pytest.mark.parametrize(
    ("heading", "cases"),
    [("array-api-extra", extra_cases), ("SciPy", scipy_cases), ("scikit-learn", sklearn_cases)],
)
def test_the_tables_say_what_the_tests_find(heading: str, cases: Any) -> None:
    found = dict(TESTED_ALONE) if cases is sklearn_cases else {}
    for table, verdict in [
        (cases.WORKS, "yes"),
        (cases.CONSTANT, "no gradient"),
        (cases.REFUSED, "no"),
    ]:
        for case in table:
            assert found.setdefault(case.name, verdict) == verdict, f"{case.name} is in two tables"
    assert _documented(heading) == found


def test_the_example() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "code-by-others.md", "exec"), names)
    shown = re.search(r"x\.grad +# (.*)", code)
    assert shown
    assert repr(names["x"].grad).split() == shown[1].split()
