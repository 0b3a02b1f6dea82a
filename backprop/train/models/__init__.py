"""The networks that a name in the settings stands for, one family to a file."""

from .build import build_model, check_fits
from .language import CharRecurrent, CharTransformer

__all__ = ["CharRecurrent", "CharTransformer", "build_model", "check_fits"]
