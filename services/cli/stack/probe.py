"""Health check of a container: exit 0 when the stage's ``/healthz`` on LIANJING_METRICS_PORT says 200, else 1."""

import os
import sys

from services.cli.stack.prometheus import answers


def main() -> None:
    """Ask once."""
    sys.exit(0 if answers(f"http://127.0.0.1:{os.environ.get('LIANJING_METRICS_PORT', '18100')}/healthz") else 1)


if __name__ == "__main__":
    main()
