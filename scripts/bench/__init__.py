"""The parts of `scripts/bench.py`, which says what is measured and how.

    cases.py       what is timed: a table
    contenders/    who is timed: a class each
    worker.py      the process of one contender
    runner.py      the rounds: asks each worker in turn for a block of steps
    footprint.py   import time and installed size
    report.py      statistics, tables, JSON and plot

To add a case, add a row to `CASES`; to add a contender, a class to `contenders/` and a row to
its table.
"""
