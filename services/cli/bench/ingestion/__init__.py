"""The parts of ``lianjing bench ingest``: the ground it stands on, the rows, the ceiling, our process, the peer."""
