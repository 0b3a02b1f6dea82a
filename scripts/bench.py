#!/usr/bin/env python
"""Measure backprop against what a user would pick instead.

    python scripts/bench.py                          everything installed here (10 to 15 minutes)
    python scripts/bench.py --quick                  a few small cases, a minute
    python scripts/bench.py --full                   also the largest sizes
    python scripts/bench.py --cases mlp networks     groups of cases, or parts of names
    python scripts/bench.py --device cuda            on the GPU, each contender that can
    python scripts/bench.py --check                  only whether all compute the same losses
    python scripts/bench.py --list                   the groups, cases and contenders there are

What is timed. A training step on one fixed batch (float32: gradients cleared, forward, loss,
backward, optimizer) of five multilayer perceptrons with momentum SGD and with Adam, of LeNet-5, a
smaller CNN, a small ResNet, an LSTM and a transformer block; how its cost grows with the batch
(batch-sweep) and the width (width-sweep); the cost of recording one operation, and a gradient
through long chains of operations (micro); an epoch of MNIST with its loading; import time and
installed size. `scripts/bench/cases/` and `contenders/` say exactly what. All start from the same
weights, and a contender whose first loss differs is taken out.

How. Each contender runs in a process of its own, which sleeps until it is asked for a block of
steps; the blocks are interleaved, A B C A B C, so that what slows the machine for a while slows
all. Variables that pin threads or instruction sets (OPENBLAS_*, OMP_*, MKL_*, ...) are removed
from their environment, so each is as its library installs it. A block ends when the device has
done its work. Warm-up and compilation are not timed but told: "prepare" is by how many seconds
the first three steps took longer than three later ones. Reported are medians over the rounds and,
as the ratio to PyTorch eager, the median and quartiles of the ratios within each round. On a
machine with other work the spread tells.

On CUDA float32 products keep all their bits in every contender (PyTorch's setting for products,
which is not its setting for cuDNN nor JAX's default); `--tf32` allows TF32 in every contender.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

# The package `bench` beside this file, which a package of that name takes precedence over.
from bench import cases, check, contenders, footprint, machine, mnist, report, runner, stats, tables

OURS = ("backprop-capture", "backprop-numba", "backprop")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small cases, few rounds")
    size.add_argument("--full", action="store_true", help="the largest and longest cases too")
    parser.add_argument(
        "--cases", nargs="+", metavar="NAME",
        help=f"groups ({', '.join(cases.GROUPS)}), names, parts of names or wildcards",
    )  # fmt: skip
    parser.add_argument("--contenders", nargs="+", metavar="NAME")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--tf32", action="store_true", help="with --device cuda: allow TF32")
    parser.add_argument("--rounds", type=int, help="default: 10, with --quick 5")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write bench.json, bench.png")
    parser.add_argument(
        "--data", type=Path, metavar="DIR",
        help=f"the folder of MNIST's {mnist.IMAGES} and {mnist.LABELS}; default: made-up images",
    )  # fmt: skip
    parser.add_argument(
        "--python", action="append", default=[], metavar="CONTENDER=PATH",
        help="run a contender in another interpreter, with its own packages",
    )  # fmt: skip
    parser.add_argument(
        "--threads", type=int,
        help="threads of every contender; default: as each is installed. 1 makes the figures of "
        "a busy machine usable",
    )  # fmt: skip
    parser.add_argument("--check", action="store_true", help="compare losses, time nothing")
    parser.add_argument("--list", action="store_true", help="print cases and contenders")
    args = parser.parse_args(argv)
    if args.rounds is None:
        args.rounds = 5 if args.quick else 10
    try:
        if args.rounds < 1:
            raise ValueError(f"--rounds: got {args.rounds}, wanted at least 1")
        if args.threads is not None and args.threads < 1:
            raise ValueError(f"--threads: got {args.threads}, wanted at least 1")
        if args.tf32 and args.device == "cpu":
            raise ValueError("--tf32: is a setting of GPUs; wanted with --device cuda")
        if args.data:
            mnist.check(args.data)
        args.named = args.contenders is not None
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


def start(args: argparse.Namespace) -> tuple[list[runner.Worker], dict[str, Any]]:
    """The workers that run here, and what each is (or why it is not)."""
    workers, about = [], {}
    for name in args.contenders:
        entry = contenders.TABLE[name]
        if args.device == "cuda" and not entry.cuda:
            about[name] = {"missing": "runs on the CPU only"}
            print(f"{entry.title}: skipped, runs on the CPU only")
            continue
        try:
            worker = runner.Worker(name, args.python[name], args.threads, args.device, args.tf32)
            if worker.missing:
                about[name] = {"missing": worker.missing}
                print(f"{entry.title}: skipped, {worker.missing} ({entry.install})")
                worker.close()
                continue
            about[name] = worker.ask("about")
        except runner.WorkerError as error:
            about[name] = {"missing": str(error)}
            print(f"{entry.title}: skipped, {error}")
            continue
        workers.append(worker)
        print(tables.contender(name, about[name]), flush=True)
    return workers, about


def measure(args: argparse.Namespace, workers: list[runner.Worker], folder: str) -> dict[str, Any]:
    """The results of all cases, each printed as it is there."""
    found = {}
    block = 0.03 if args.quick else 0.1
    for case in args.cases:
        result: dict[str, Any] = {"kind": case.kind, "group": case.group, "unit": case.unit}
        if case.kind == "imports":
            names = [w.name for w in workers]
            measured = footprint.measure(names, args.python, min(args.rounds, case.most_rounds))
            times = {n: f["rounds_us"] for n, f in measured.items()}
            result["contenders"] = stats.summarise(times)
            for name, f in measured.items():
                result["contenders"][name]["bytes"] = f["bytes"]
        else:
            sweep = case.group.endswith("-sweep") and not args.named
            taking = [w for w in workers if contenders.TABLE[w.name].sweeps or not sweep]
            timing = runner.time_case(case, taking, args.rounds, block, folder, agree(args))
            result["contenders"] = stats.summarise(timing.times, timing.prepare)
            result["contenders"] |= {n: {"error": e} for n, e in timing.failures.items()}
        found[case.name] = result
        print(tables.case_table(case.name, result), flush=True)
    return found


def agree(args: argparse.Namespace) -> float:
    """How far losses may differ."""
    return runner.AGREE * (20 if args.tf32 else 1)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; 1 if backprop itself failed somewhere, or with --check anyone."""
    args = parse(argv)
    if args.list:
        print("cases:")
        for group in cases.GROUPS:
            print(f"  {group}:", *(c.name for c in cases.CASES if c.group == group))
        print("contenders:", *(f"  {n}: {e.title}" for n, e in contenders.TABLE.items()), sep="\n")
        return 0
    here = machine.machine(args.device)
    busy = f", load {here['load']:.1f} at the start" if here["load"] is not None else ""
    print(f"{machine.describe(here)}, {here['system']}{busy}")
    if (here["load"] or 0) > 0.5 and args.threads != 1:
        print("The machine is busy: threads that wait for one another are slow; see --threads 1.")
    workers, about = start(args)
    if not workers:
        print("bench.py: none of the contenders can run here; see above", file=sys.stderr)
        return 1
    try:
        if args.check:
            checks = [check.check_case(case, workers, agree(args)) for case in args.cases]
            print(*(text for text, _ in checks), sep="\n")
            return 0 if all(good for _, good in checks) else 1
        with tempfile.TemporaryDirectory() as made:
            folder = args.data or Path(made)
            if not args.data and any(c.kind == "epoch" for c in args.cases):
                mnist.write(folder)
            found = measure(args, workers, str(folder.absolute()))
    finally:
        for worker in workers:
            worker.close()
    means = stats.geometric_means(found)
    others = {name: stats.against(found, name) for name in OURS}
    results = {
        "machine": here,
        "settings": {
            "device": args.device, "tf32": args.tf32, "rounds": args.rounds,
            "threads": args.threads, "baseline": contenders.BASELINE,
            "data": "MNIST" if args.data else "made-up images",
        },
        "contenders": about, "cases": found, "geometric_mean": means, "against": others,
    }  # fmt: skip
    print(tables.ratios(found, means))
    for name in OURS:
        if text := tables.against(name, others[name]):
            print(text)
    if args.out:
        for path in report.write(args.out, results):
            print(f"wrote {path}")
    failed = [n for n, c in found.items() for o in OURS if "error" in c["contenders"].get(o, {})]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
