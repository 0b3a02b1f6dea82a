"""Import time in a fresh process, and the size installed with all that is required."""

from ..case import Case

CASES = (Case("imports", "imports", "imports", most_rounds=7),)
