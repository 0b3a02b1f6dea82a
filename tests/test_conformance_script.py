"""scripts/conformance.py counts as it should, on a suite of five tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "conformance.py"

CONFTEST = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--max-examples", type=int)
    parser.addoption("--disable-deadline", action="store_true")
    parser.addoption("--skips-file")
    parser.addoption("--xfails-file")

@pytest.fixture
def examples(request):
    return request.config.getoption("--max-examples")
"""
TESTS = """
import os
import pytest

def test_module():
    module = os.environ["ARRAY_API_TESTS_MODULE"]
    if module.startswith("exec('"):
        names = {}
        exec(module[6:-2], names)
        assert names["xp"].zeros(1).device == names["xp"].get_default_device()
    else:
        assert module == "numpy"

def test_examples(examples):
    assert examples == 7

@pytest.mark.parametrize("case", ["a -> b"])
def test_wrong(case):
    assert not case

@pytest.mark.skip(reason="flaky")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert False

@pytest.mark.xfail
def test_mended():
    pass
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "array_api_tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "array_api_tests" / "test_some.py").write_text(TESTS)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("--device", "strict"), ("--module", "numpy")])
def test_the_score(suite: Path, options: tuple[str, ...]) -> None:
    done = run(str(suite), "--max-examples", "7", *options)
    assert done.returncode == 1, done.stderr
    *lines, score = done.stdout.splitlines()
    assert lines == [
        "failed: array_api_tests/test_some::test_wrong[a -> b]",
        "unexpectedly passed: array_api_tests/test_some::test_mended",
    ]
    where = {"--device": "backprop on strict", "--module": "numpy"}
    assert score == (
        f"{where[options[0]] if options else 'backprop on cpu'}: 2 of 6 passed (1 failed, "
        "1 failed as expected, 1 skipped, 1 unexpectedly passed)"
    )


def test_no_suite(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert done.returncode == 2
    assert f"suite: {tmp_path} holds no array_api_tests; clone it first" in done.stderr


def test_a_suite_that_does_not_start(suite: Path) -> None:
    (suite / "conftest.py").write_text("import no_such_module")
    done = run(str(suite))
    assert done.returncode == 2
    assert "no_such_module" in done.stderr


LISTS = sorted(SCRIPT.parent.glob("conformance/*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda p: p.name)
def test_every_exception_has_a_reason(path: Path) -> None:
    """A line of a list follows a reason, or another line that shares it."""
    lines = path.read_text().splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        assert line.startswith(("#", "array_api_tests/")) or not line
        assert not line.startswith("array_api_tests/") or before
