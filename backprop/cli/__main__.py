"""python -m backprop.cli"""

from . import main

main()
