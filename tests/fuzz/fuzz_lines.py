"""Fuzz the parser of lines: ``python tests/fuzz/fuzz_lines.py [count]``."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import TARGETS, run

    run(TARGETS["lines"], SEEDS["lines"])
