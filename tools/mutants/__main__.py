"""``python -m tools.mutants [WORD]``."""

import sys

from tools.mutants.running import main

sys.exit(main(sys.argv[1:]))
