"""The same training on every device here: how fast each is, and whether they agree.

    python scripts/compare_devices.py [digits] [--model mlp:128,64] [--batch-sizes 32,256] [...]

The command `backprop compare-devices` from a checkout; `--help` lists its options.
"""

from __future__ import annotations

import sys

from backprop.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "compare-devices")
    main()
