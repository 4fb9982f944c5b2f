"""The doors beside HTTP, and the threads that read topics: everything of intake that touches files, MQTT and the clock."""
