"""The ``lianjing`` command: composes the stages, which do not know each other. Heavy imports wait until a command needs them."""
