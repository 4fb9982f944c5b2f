"""``python -m services.alerting``."""

from services.alerting.app import main

if __name__ == "__main__":
    main()
