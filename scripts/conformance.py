#!/usr/bin/env python
"""Run the Array API standard's public conformance suite on backprop and print the score.

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    pip install -r array-api-tests/requirements.txt pytest-xdist
    python scripts/conformance.py array-api-tests
    python scripts/conformance.py array-api-tests --device cuda --max-examples 50
    python scripts/conformance.py array-api-tests --module array_api_compat.numpy   # to compare

Expected failures and skips, a reason with each, are in scripts/conformance/; those of the chosen
device are applied to backprop only, so that a comparison with another module is fair. An expected
failure that passes is reported: its line can go.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

LISTS = Path(__file__).resolve().parent / "conformance"
ROOT = LISTS.parents[1]


def main() -> int:
    args = _arguments()
    if not (args.suite / "array_api_tests").is_dir():
        print(
            f"suite: {args.suite} holds no array_api_tests; clone it first:\n  git clone "
            "--recurse-submodules https://github.com/data-apis/array-api-tests",
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "array_api_tests", "-q", "-p", "no:cacheprovider",
            "--disable-warnings", "--tb=short", "--max-examples", str(args.max_examples),
            "-o", "xfail_strict=true", "--disable-deadline", f"--junitxml={report}",
            *_lists(args, Path(scratch)), *args.rest,
        ]  # fmt: skip
        if args.workers:
            command += ["-n", str(args.workers)]
        run = subprocess.run(
            command, cwd=args.suite, env=_environment(args), capture_output=True, text=True
        )
        if not report.exists():
            print(run.stdout[-3000:], run.stderr[-3000:], file=sys.stderr)
            return 2
        outcomes = _outcomes(report)
    counts = Counter(outcomes.values())
    for kind in ("failed", "unexpectedly passed"):
        for name in sorted(n for n, outcome in outcomes.items() if outcome == kind):
            print(f"{kind}: {name}")
    total = sum(counts.values())
    said = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if kind != "passed")
    where = f" on {args.device}" if args.module == "backprop" else ""
    print(f"{args.module}{where}: {counts['passed']} of {total} passed ({said or 'no other'})")
    return int(bool(counts["failed"] or counts["unexpectedly passed"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suite", type=Path, help="a checkout of data-apis/array-api-tests")
    parser.add_argument("--module", default="backprop", help="the array library to test")
    parser.add_argument("--device", default="cpu", help="backprop's device: cpu, cuda, strict")
    parser.add_argument("--max-examples", type=int, default=10, help="examples for each test")
    parser.add_argument("--workers", "-n", type=int, default=0, help="processes (pytest-xdist)")
    parser.add_argument("rest", nargs="*", help="more arguments for pytest, after --")
    args = parser.parse_intermixed_args()
    args.suite = args.suite.resolve()
    return args


def _environment(args: argparse.Namespace) -> dict[str, str]:
    module = args.module
    if module == "backprop":  # the suite takes no device, so it becomes the default one
        module = f"exec('import backprop as xp; xp.set_default_device(\"{args.device}\")')"
    path = os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH")) if p)
    return {**os.environ, "ARRAY_API_TESTS_MODULE": module, "PYTHONPATH": path}


def _lists(args: argparse.Namespace, scratch: Path) -> list[str]:
    """The suite's own options for the tests to skip and those expected to fail."""
    if args.module != "backprop":
        return []
    device = args.device.partition(":")[0]
    options = []
    for kind in ("skips", "xfails"):
        merged = scratch / f"{kind}.txt"
        files = [LISTS / f"{kind}.txt", LISTS / f"{kind}-{device}.txt"]
        merged.write_text("".join(f.read_text() for f in files if f.exists()), encoding="utf-8")
        options += [f"--{kind}-file", str(merged)]
    return options


def _outcomes(report: Path) -> dict[str, str]:
    """What became of each test."""
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"
        outcome = "passed"
        failures = [*case.findall("failure"), *case.findall("error")]
        if failures:
            strict = any("XPASS" in f.get("message", "") for f in failures)
            outcome = "unexpectedly passed" if strict else "failed"
        elif (skip := case.find("skipped")) is not None:
            expected = skip.get("type", "") == "pytest.xfail"
            outcome = "failed as expected" if expected else "skipped"
        outcomes[re.sub(r"\s+", " ", name)] = outcome
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
