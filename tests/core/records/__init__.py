"""Every primitive's record, and those of public functions made of several primitives.

A file here for each file of `backprop/rules`; `test_rules.py` runs them all.
"""

import pkgutil
from importlib import import_module

MODULES = [
    import_module(f".{module.name}", __name__)
    for module in pkgutil.iter_modules(__path__)
    if module.name != "record"
]
RECORDS = [record for module in MODULES for record in module.RECORDS]
