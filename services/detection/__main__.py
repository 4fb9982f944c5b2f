"""``python -m services.detection``."""

from services.detection.app import main

if __name__ == "__main__":
    main()
