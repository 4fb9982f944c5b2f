"""``python -m services.risk``."""

from services.risk.app import main

if __name__ == "__main__":
    main()
