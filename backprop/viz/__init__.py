"""Pictures: how a training went, which classes it confuses, how devices compare. They need
matplotlib."""

from .comparison import comparison_png
from .confusion import confusion_png
from .curves import curves_png
from .page import comparison_html

__all__ = ["comparison_html", "comparison_png", "confusion_png", "curves_png"]
