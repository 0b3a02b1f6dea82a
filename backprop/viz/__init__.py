"""Pictures: how a training went, and which classes it confuses. They need matplotlib."""

from .confusion import confusion_png
from .curves import curves_png

__all__ = ["confusion_png", "curves_png"]
