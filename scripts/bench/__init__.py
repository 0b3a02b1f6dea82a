"""The parts of `scripts/bench.py`, which says what is measured and how.

    case.py        what a case is
    cases/         what is timed: a module a kind, and the table of all
    contenders/    who is timed: a class each, and the table of all
    mnist.py       the files an epoch is read from
    worker.py      the process of one contender
    runner.py      the rounds: asks each worker in turn for a block of steps
    footprint.py   import time and installed size
    check.py       whether all compute the same
    stats.py       medians, ratios, geometric means
    tables.py      the terminal
    plot.py        the picture
    report.py      the files

To add a case, add a row to a module of `cases/`; to add a contender, a class to `contenders/`
and a row to its table.
"""
