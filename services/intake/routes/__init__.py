"""The HTTP door of intake."""
