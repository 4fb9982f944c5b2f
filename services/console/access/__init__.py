"""Who may come in and what each may see and do. In: names and passwords, cookies, keys, an OpenID provider's word. Out: a ``Person`` with rights.
What always holds: secrets are kept as hashes only, every change stands in the audit log, and rights not given are refused."""
