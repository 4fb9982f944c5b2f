"""The stages of 链警, the shell they share (``runtime``) and the command line that composes them (``cli``).

Each is a process of its own beside the others, so linear algebra keeps to one thread: on small matrices several wait for each other without rest
and take the processors from everybody else. ``OPENBLAS_NUM_THREADS`` says otherwise.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded, which is later
