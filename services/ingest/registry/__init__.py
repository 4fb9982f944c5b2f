"""Keeps the tables chain, series, provider, lane, command and rejection as their topics state them."""
