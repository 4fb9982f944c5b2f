"""The chain as a picture: where each place stands, what its forecast says of a later hour, how both become what the map shows. Pure.

Comes in: a chain and rows of the database. Goes out: positions, levels by hour, and what the browser draws. The same input gives the same picture.
"""
