"""The stages of 链警, the shell they share (``runtime``) and the command line that composes them (``cli``)."""
