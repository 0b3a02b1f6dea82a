"""What recording costs: single operations on 8x8 float64 arrays, and long chains of them, whose
cost must grow no faster than the chain."""

from ..case import Case

CASES = (
    Case("multiply-8x8", "multiply", "micro", "quick", count=1000),
    Case("exp-8x8", "exp", "micro", "quick", count=1000),
    Case("chain-1k", "chain", "micro", "quick", count=1_000),
    Case("chain-100k", "chain", "micro", count=100_000, most_rounds=3),
    Case("chain-1M", "chain", "micro", "full", count=1_000_000, most_rounds=3),
)
