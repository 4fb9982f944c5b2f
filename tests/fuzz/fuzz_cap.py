"""Fuzz the parser of cap: ``python tests/fuzz/fuzz_cap.py [count]``."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import TARGETS, run

    run(TARGETS["cap"], SEEDS["cap"])
