"""Effects of steps on the world, one file for each channel."""
