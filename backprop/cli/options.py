"""The options that several commands share, each once, with its help."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from ..train.settings import ACTIVATIONS, LOSSES, RATES, SCHEDULES

_DATA, _NET, _LEARN, _RUN = "Data", "Network", "Learning", "Run"


def _option(*names: str, help: str, panel: str, meta: str | None = None) -> Any:
    return Option(*names, help=help, rich_help_panel=panel, metavar=meta, show_default=False)


def _names(choices: Any) -> str:
    return ", ".join(choices)


Data = Annotated[
    str | None,
    Argument(
        help="digits, mnist, fashion-mnist; or a file: a table (CSV, or columns set apart by "
        "blanks), .npz with arrays x and y, or a text (.txt) to learn to write like.",
        metavar="DATA",
        show_default=False,
    ),
]
Target = Annotated[
    str | None,
    _option("--target", meta="COLUMN", panel=_DATA,
            help="The column to predict, by name or number. Default: the last."),
]  # fmt: skip
Task = Annotated[
    str | None,
    _option("--task", meta="TASK", panel=_DATA,
            help="classification, regression or text. Default: told from the target."),
]  # fmt: skip
Test = Annotated[
    str | None,
    _option("--test", meta="FILE", panel=_DATA,
            help="A second table, kept for the test. Default: a part of the first."),
]  # fmt: skip
Split = Annotated[
    str | None,
    _option("--split", meta="A/B/C", panel=_DATA,
            help="Percent for training, validation and test. Default: 80/10/10."),
]  # fmt: skip
SplitSeed = Annotated[
    int | None,
    _option("--split-seed", meta="N", panel=_DATA, help="Seed of the split. Default: --seed."),
]
Model = Annotated[
    str | None,
    _option("--model", meta="MODEL", panel=_NET,
            help="linear, or mlp:H1,H2,... with the sizes of the hidden layers; for images "
            "cnn:C1,C2/H, lenet, resnet:N; for a text transformer:LAYERS,WIDTH,HEADS, "
            "lstm:UNITS,LAYERS, gru:UNITS,LAYERS. "
            "Default: mlp:50,50 for tables, mlp:128 for arrays, lstm:256 for a text."),
]  # fmt: skip
Context = Annotated[
    int | None,
    _option("--context", meta="N", panel=_NET,
            help="Of a text: how many characters the network sees at once. Default: 64."),
]  # fmt: skip
Activation = Annotated[
    str | None,
    _option("--activation", meta="NAME", panel=_NET,
            help=f"{_names(ACTIVATIONS)}. Default: relu."),
]  # fmt: skip
Dropout = Annotated[
    float | None,
    _option("--dropout", meta="P", panel=_NET,
            help="Share of hidden units switched off in training. Default: 0; 0.2 for images."),
]  # fmt: skip
InputDropout = Annotated[
    float | None,
    _option("--input-dropout", meta="P", panel=_NET,
            help="Share of inputs switched off in training. Default: 0."),
]  # fmt: skip
Dtype = Annotated[
    str | None,
    _option("--dtype", meta="TYPE", panel=_NET, help="float32 or float64. Default: float32."),
]
Loss = Annotated[
    str | None,
    _option("--loss", meta="NAME", panel=_LEARN,
            help=f"{_names(LOSSES)}. Default: cross-entropy or mse."),
]  # fmt: skip
OptimizerName = Annotated[
    str | None,
    _option("--optimizer", meta="NAME", panel=_LEARN, help=f"{_names(RATES)}. Default: adam."),
]
Lr = Annotated[
    float | None,
    _option("--lr", meta="RATE", panel=_LEARN,
            help="Learning rate. Default: "
            + ", ".join(f"{v:g} ({k})" for k, v in RATES.items()) + "; for a text 0.003 (adam)."),
]  # fmt: skip
Momentum = Annotated[
    float | None,
    _option("--momentum", meta="M", panel=_LEARN,
            help="Momentum. Default: 0.9 (sgd), 0 (rmsprop)."),
]  # fmt: skip
WeightDecay = Annotated[
    float | None,
    _option("--weight-decay", meta="W", panel=_LEARN, help="Of adamw. Default: 0.01."),
]
Schedule = Annotated[
    str | None,
    _option("--schedule", meta="NAME", panel=_LEARN,
            help=f"How the rate changes, step by step: {_names(SCHEDULES)}. Default: constant."),
]  # fmt: skip
L2 = Annotated[
    float | None,
    _option("--l2", meta="S", panel=_LEARN, help="Ridge penalty S/2 Σw². Default: 0."),
]
L1 = Annotated[
    float | None,
    _option("--l1", meta="S", panel=_LEARN,
            help="Lasso penalty S Σ|w|; with --l2 the elastic net. Default: 0."),
]  # fmt: skip
Epochs = Annotated[
    int | None,
    _option("--epochs", meta="N", panel=_LEARN,
            help="Most passes over the data. Default: 40; 200 below 1000 rows, 20 from 10000 on."),
]  # fmt: skip
BatchSize = Annotated[
    str | None,
    _option("--batch-size", meta="N", panel=_LEARN,
            help="Samples a step, or full. Default: 32; 64 from 10000 rows on."),
]  # fmt: skip
Patience = Annotated[
    int | None,
    _option("--patience", meta="N", panel=_LEARN,
            help="Stop after N epochs without a better validation loss; 0: never. Default: 10."),
]  # fmt: skip
ClipNorm = Annotated[
    float | None,
    _option("--clip-norm", meta="N", panel=_LEARN, help="Largest norm of the gradient."),
]
Device = Annotated[
    str | None,
    _option("--device", meta="DEVICE", panel=_RUN,
            help="cpu, cuda, cuda:1, ... Default: auto: CUDA where it works; train takes "
            "the faster one."),
]  # fmt: skip
Seed = Annotated[
    int | None,
    _option("--seed", meta="N", panel=_RUN,
            help="Of the split, the first weights, the order of samples, dropout. Default: 0."),
]  # fmt: skip
Capture = Annotated[
    bool | None,
    _option("--capture/--no-capture", panel=_RUN,
            help="Replay batches from recordings, which is faster, or compute each step by step. "
            "Default: recordings where the network can be recorded."),
]  # fmt: skip
Config = Annotated[
    str | None,
    _option("--config", meta="FILE.toml", panel=_RUN,
            help="Settings by these names; options given besides come first."),
]  # fmt: skip
Out = Annotated[
    str | None,
    _option("--out", meta="DIR", panel=_RUN,
            help="Where to save; not yet there, or empty. Default: runs/NAME-TIME."),
]  # fmt: skip
Resume = Annotated[
    str | None,
    _option("--resume", meta="DIR", panel=_RUN,
            help="Go on with the run in DIR exactly where it stopped."),
]  # fmt: skip
RunDir = Annotated[
    str, Argument(metavar="DIR", help="A run's directory, as train made it.", show_default=False)
]
Rows = Annotated[
    str,
    Argument(metavar="FILE", show_default=False,
             help="Raw rows like those trained on, with or without the target; "
             "or the name of a data set."),
]  # fmt: skip
