"""Training: the loop, what it measures, and what it saves."""

from .bundle import Bundle, load_bundle, save_bundle
from .callbacks import Callback, Printer
from .checkpoint import load_checkpoint, save_checkpoint
from .diagnose import NonFiniteLossError
from .experiment import Experiment, run
from .history import History
from .metrics import Accuracy, Metric, Regression, metric_for
from .result import Data, Result
from .settings import Settings
from .trainer import Trainer
from .use import evaluate, predict

__all__ = [
    "Accuracy",
    "Bundle",
    "Callback",
    "Data",
    "Experiment",
    "History",
    "Metric",
    "NonFiniteLossError",
    "Printer",
    "Regression",
    "Result",
    "Settings",
    "Trainer",
    "evaluate",
    "load_bundle",
    "load_checkpoint",
    "metric_for",
    "predict",
    "run",
    "save_bundle",
    "save_checkpoint",
]
