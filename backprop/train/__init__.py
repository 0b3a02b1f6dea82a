"""Training: the loop, what it measures, and what it saves."""

from .callbacks import Callback, Printer
from .checkpoint import load_checkpoint, save_checkpoint
from .diagnose import NonFiniteLossError
from .history import History
from .metrics import Accuracy, Metric, Regression, metric_for
from .trainer import Trainer

__all__ = [
    "Accuracy",
    "Callback",
    "History",
    "Metric",
    "NonFiniteLossError",
    "Printer",
    "Regression",
    "Trainer",
    "load_checkpoint",
    "metric_for",
    "save_checkpoint",
]
