#!/usr/bin/env python
"""Measure backprop against what a user would pick instead.

    python scripts/bench.py                          everything installed here (some minutes)
    python scripts/bench.py --quick                  a few small cases, seconds
    python scripts/bench.py --cases mlp-784 --contenders backprop torch
    python scripts/bench.py --list                   the cases and contenders there are

What is timed. A training step of a multilayer perceptron or a small convolutional network (ReLU,
float32, one fixed batch): clear the gradients, forward, loss, backward, optimizer step. Also the
cost of recording one operation, a gradient through long chains of operations (it must grow no
faster than the chain), and import time and installed size. `scripts/bench/cases.py` and
`contenders/` say exactly what.

How. Each contender runs in a process of its own, which sleeps until it is asked for a block of
steps; the blocks are interleaved, A B C A B C, so that what slows the machine for a while slows
all. Variables that pin threads or instruction sets (OPENBLAS_*, OMP_*, MKL_*, ...) are removed
from their environment, so each is as its library installs it. Warm-up and compilation are not
timed. Reported are medians over the rounds and, as the ratio to PyTorch eager, the median and
quartiles of the ratios within each round. On a machine with other work the spread tells.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

# The package `bench` beside this file, which a package of that name takes precedence over.
from bench import cases, contenders, footprint, report, runner


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small cases, few rounds: seconds")
    size.add_argument("--full", action="store_true", help="the longest cases too")
    parser.add_argument("--cases", nargs="+", metavar="NAME", help="names, parts or wildcards")
    parser.add_argument("--contenders", nargs="+", metavar="NAME")
    parser.add_argument("--rounds", type=int, help="default: 20, with --quick 5")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write bench.json, bench.png")
    parser.add_argument(
        "--python", action="append", default=[], metavar="CONTENDER=PATH",
        help="run a contender in another interpreter, with its own packages",
    )  # fmt: skip
    parser.add_argument(
        "--threads", type=int,
        help="threads of every contender; default: as each is installed. 1 makes the figures of "
        "a busy machine usable",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="print cases and contenders")
    args = parser.parse_args(argv)
    if args.rounds is None:
        args.rounds = 5 if args.quick else 20
    try:
        if args.rounds < 1:
            raise ValueError(f"--rounds: got {args.rounds}, wanted at least 1")
        if args.threads is not None and args.threads < 1:
            raise ValueError(f"--threads: got {args.threads}, wanted at least 1")
        run = "quick" if args.quick else "full" if args.full else "normal"
        args.cases = cases.choose(run, args.cases)
        args.contenders = contenders.choose(args.contenders, args.quick)
        args.python = interpreters(args.python)
    except ValueError as error:
        parser.error(str(error))
    return args


def interpreters(given: list[str]) -> dict[str, str]:
    """The interpreter of each contender."""
    found = dict.fromkeys(contenders.TABLE, sys.executable)
    for item in given:
        name, equals, path = item.partition("=")
        if not equals or name not in contenders.TABLE:
            known = ", ".join(contenders.TABLE)
            raise ValueError(f"--python: got {item!r}, wanted CONTENDER=PATH, with one of: {known}")
        if not Path(path).is_file():
            raise ValueError(f"--python: there is no interpreter {path}")
        found[name] = path
    return found


def start(
    names: list[str], pythons: dict[str, str], threads: int | None
) -> tuple[list[runner.Worker], dict[str, Any]]:
    """The workers that run here, and what each is (or why it is not)."""
    workers, about = [], {}
    for name in names:
        entry = contenders.TABLE[name]
        try:
            worker = runner.Worker(name, pythons[name], threads)
            if worker.missing:
                about[name] = {"missing": worker.missing}
                print(f"{entry.title}: skipped, {worker.missing} ({entry.install})")
                continue
            about[name] = worker.ask("about")
        except runner.WorkerError as error:
            about[name] = {"missing": str(error)}
            print(f"{entry.title}: skipped, {error}")
            continue
        workers.append(worker)
        versions = ", ".join(f"{p} {v}" for p, v in about[name]["versions"].items())
        pools = about[name]["pools"]
        print(f"{entry.title}: {versions}; {about[name]['float32']}")
        print(f"    {'; '.join(pools) if pools else 'kernel sets unknown (install threadpoolctl)'}")
    return workers, about


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; 1 if backprop itself failed somewhere."""
    args = parse(argv)
    if args.list:
        print("cases:", *(f"  {c.name}" for c in cases.CASES), sep="\n")
        print("contenders:", *(f"  {n}: {e.title}" for n, e in contenders.TABLE.items()), sep="\n")
        return 0
    machine = report.machine()
    busy = f", load {machine['load']:.1f} at the start" if machine["load"] is not None else ""
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}{busy}")
    if (machine["load"] or 0) > 0.5:
        print(
            "The machine is busy: threads that wait for one another will be slow; see --threads 1."
        )
    workers, about = start(args.contenders, args.python, args.threads)
    block = 0.03 if args.quick else 0.1
    results: dict[str, Any] = {
        "machine": machine,
        "settings": {
            "rounds": args.rounds,
            "threads": args.threads,
            "block_seconds": block,
            "baseline": contenders.BASELINE,
        },
        "contenders": about,
        "cases": {},
    }
    try:
        for case in args.cases:
            result: dict[str, Any] = {"kind": case.kind, "unit": case.unit}
            if case.kind == "imports":
                names = [w.name for w in workers]
                found = footprint.measure(names, args.python, min(args.rounds, 7))
                result["contenders"] = report.summarise(
                    {n: f["rounds_us"] for n, f in found.items()}
                )
                for name, f in found.items():
                    result["contenders"][name]["bytes"] = f["bytes"]
            else:
                times, failures = runner.time_case(case, workers, args.rounds, block)
                result["contenders"] = report.summarise(times)
                result["contenders"] |= {n: {"error": e} for n, e in failures.items()}
            results["cases"][case.name] = result
            print(report.case_table(case.name, result), flush=True)
    finally:
        for worker in workers:
            worker.close()
    means = results["geometric_mean"] = report.geometric_means(results["cases"])
    print(report.closing_table(results["cases"], means))
    if overheads := report.overheads(results["cases"]):
        print(f"\n{overheads}")
    if args.out:
        for path in report.write(args.out, results):
            print(f"wrote {path}")
    failed = [
        n for n, c in results["cases"].items() if "error" in c["contenders"].get("backprop", {})
    ]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
