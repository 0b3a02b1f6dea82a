"""backprop train"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..io import write_bytes
from ..train.bundle import CURVES, check_free, new_directory, read_run
from ..train.config import read_config
from ..train.experiment import Experiment, Result
from ..train.settings import Settings
from . import options as o
from .devices import decided
from .errors import INTERRUPTED, Stop
from .progress import progress, summary
from .show import confusion_table, in_options, metrics_table, say

_WHEN_RESUMED = ("epochs", "patience", "device", "capture")


def train(
    data: o.Data = None,
    target: o.Target = None,
    task: o.Task = None,
    test: o.Test = None,
    split: o.Split = None,
    split_seed: o.SplitSeed = None,
    model: o.Model = None,
    activation: o.Activation = None,
    context: o.Context = None,
    dropout: o.Dropout = None,
    input_dropout: o.InputDropout = None,
    dtype: o.Dtype = None,
    loss: o.Loss = None,
    optimizer: o.OptimizerName = None,
    lr: o.Lr = None,
    momentum: o.Momentum = None,
    weight_decay: o.WeightDecay = None,
    schedule: o.Schedule = None,
    l2: o.L2 = None,
    l1: o.L1 = None,
    epochs: o.Epochs = None,
    batch_size: o.BatchSize = None,
    patience: o.Patience = None,
    clip_norm: o.ClipNorm = None,
    device: o.Device = None,
    capture: o.Capture = None,
    seed: o.Seed = None,
    out: o.Out = None,
    resume: o.Resume = None,
    config: o.Config = None,
) -> None:
    """Train a network, judge it, and save it with all that is needed to use it.

    The best weights by the validation loss are kept. Ctrl-C saves and stops; go on with --resume.

    Examples:

      backprop train digits

      backprop train houses.csv --target price --model mlp:64,64

      backprop train mnist --model mlp:800 --epochs 30 --device cuda
    """
    here = {k: v for k, v in locals().items() if v is not None}
    given = {k: v for k, v in here.items() if k not in ("out", "resume", "config")}
    if resume is not None:
        settings, directory = _resumed(resume, given, out, config), Path(resume)
    else:
        settings = configured(given, config)
        directory = new_directory(settings.data) if out is None else Path(out)
        check_free(directory)
    settings, data_read = decided(settings)
    experiment = Experiment(settings, data_read)
    _introduce(experiment, directory)
    result = experiment.run(directory, [progress(experiment.in_units)], resume=resume is not None)
    if len(result.history):
        _draw(result, directory)
    if result.interrupted:
        say(
            f"interrupted after {len(result.history)} finished epochs; all is saved: go on with\n"
            f"  backprop train --resume {directory}"
        )
        raise Stop(INTERRUPTED)
    _report(experiment, result, directory)


def configured(given: dict[str, Any], config: str | None) -> Settings:
    """Settings from a file and from the command line, which comes first."""
    named = {} if config is None else read_config(config)
    named |= given
    if "data" not in named:
        raise ValueError(
            "data: nothing was named; wanted digits, mnist, fashion-mnist or a file: "
            "backprop train digits"
        )
    return Settings(**named)


def _resumed(resume: str, given: dict[str, Any], out: str | None, config: str | None) -> Settings:
    named = read_run(resume)
    others = [k for k in given if k not in _WHEN_RESUMED]
    others += [k for k, v in (("out", out), ("config", config)) if v is not None]
    if others:
        raise ValueError(
            f"resume: the run in {resume} keeps its settings; only {', '.join(_WHEN_RESUMED)} can "
            f"be given besides, not {', '.join(others)}"
        )
    if "epochs" in given and named.get("schedule", "constant") != "constant":
        raise ValueError(
            f"resume: the schedule of the run in {resume} is laid out for its epochs; go on "
            "without --epochs"
        )
    return Settings(**(named | given))


def _introduce(experiment: Experiment, directory: Path) -> None:
    s = experiment.settings
    say(f"data: {experiment.data.description}")
    for note in experiment.data.prepared.notes:
        say(f"  {in_options(note)}")
    batches = "the full batch" if s.batch_size == "full" else f"batches of {s.batch_size}"
    penalty = "".join(f", {k} {getattr(s, k):g}" for k in ("l1", "l2") if getattr(s, k))
    patience = f", patience {s.patience}" if s.patience else ""
    say(
        f"training: {s.loss}{penalty}; {s.optimizer} with lr {s.lr:g}, {batches}; at most "
        f"{s.epochs} epochs{patience}; seed {s.seed}"
    )
    shape = () if s.task == "text" else (1, experiment.inputs)  # a text's rows are no numbers
    say(experiment.model.summary(*shape))
    say(f"run: {directory}")


def _draw(result: Result, directory: Path) -> None:
    from ..viz import curves_png

    s = result.settings
    title = f"{Path(s.data).name}: {s.model}, {s.loss}, {s.optimizer}"
    picture = curves_png(result.history.records, title, result.history.best_epoch)
    write_bytes(directory / CURVES, picture)


def _report(experiment: Experiment, result: Result, directory: Path) -> None:
    history = result.history
    why = {"patience": "no better for long enough", "epochs": "all epochs"}.get(
        history.stopped or "", ""
    )
    best = next((r for r in history.records if r["epoch"] == history.best_epoch), None)
    say(f"{len(history)} epochs in {history.seconds:.1f} s ({why})")
    if best is not None and "val_loss" in best:
        say(f"kept: the weights of epoch {best['epoch']} ({summary(best)})")
    metrics_table(result.metrics)
    classes = experiment.preprocessor.classes
    if result.confusion is not None and classes is not None:
        confusion_table(result.confusion, classes, result.confused_part)
    use = "sample" if experiment.settings.task == "text" else "predict"
    rows = "" if use == "sample" else " FILE"
    say(f"saved in {directory}; use it with: backprop {use} {directory}{rows}")
