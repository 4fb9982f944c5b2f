"""Chain configuration: files of an operator in, a checked and versioned Chain out.

In: a folder of CSV files (docs/chain.md). Out: ``schemas.chain.Chain`` with normal flows computed. Always holds: a Chain that left
``load_chain`` passed every rule; the same content has the same version; a folder that does not load says every reason by file and line.
"""

from services.runtime.chain.catalogue import Catalogue
from services.runtime.chain.folder import chain_folder, inspect_chain, load_chain
from services.runtime.chain.offers import usable_offers
from services.runtime.chain.problem import ChainFilesError, Problem, Severity
from services.runtime.chain.rules import check_chain

__all__ = [
    "Catalogue",
    "ChainFilesError",
    "Problem",
    "Severity",
    "chain_folder",
    "check_chain",
    "inspect_chain",
    "load_chain",
    "usable_offers",
]
