"""Jobs of our own on the tables: rollups of stale days, compression, retention. They ask lane clocks, never now()."""
