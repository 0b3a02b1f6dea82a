"""The table of kernel calls lies beside the tests that need no GPU."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
