"""Whether all contenders compute the same: their losses over a few steps that learn."""

from __future__ import annotations

from .case import TRAINING, Case
from .runner import Worker, WorkerError, disagreements

STEPS = 4
RATES = {"sgd": 0.02, "adam": 0.001}
LEAVES = ("sklearn",)
"""Whose optimizer has made a step before the weights are set: only the first loss compares."""


def check_case(case: Case, workers: list[Worker], agree: float) -> tuple[str, bool]:
    """A table of the losses, and whether they agree."""
    if case.kind not in TRAINING:
        return f"\n{case.name}: no training step, nothing to compare", True
    losses: dict[str, list[float]] = {}
    failed: dict[str, str] = {}
    for worker in workers:
        try:
            lr = RATES[case.optimizer]
            found = worker.ask("losses", case=case.name, lr=lr, steps=STEPS)["losses"]
        except WorkerError as error:
            failed[worker.name] = str(error)
            continue
        if found and found[0] is not None:
            losses[worker.name] = found[:1] if worker.name in LEAVES else found
    failed |= disagreements(losses, agree)
    lines = [f"\n{case.name}: losses of the first {STEPS} steps"]
    for worker in workers:
        if worker.name in losses or worker.name in failed:
            values = "  ".join(f"{v:.6f}" for v in losses.get(worker.name, []))
            lines.append(f"  {worker.name:<18}{values}  {failed.get(worker.name, 'agrees')}")
    return "\n".join(lines), not failed
