"""``python -m services.response``."""

from services.response.app import main

if __name__ == "__main__":
    main()
