"""Reading a chain's folder: the one place where chain files are opened."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from schemas.chain import Chain
from services.runtime.assets import asset_path
from services.runtime.chain import delivered, parsing
from services.runtime.chain.assembly import assemble
from services.runtime.chain.draft import Draft, Heading
from services.runtime.chain.offers import OFFERS, read_offer
from services.runtime.chain.problem import ChainFilesError, Place, Problem, errors_of, problem
from services.runtime.chain.rules import check
from services.runtime.chain.tables import Columns, Row, read_table


def load_chain(folder: Path) -> Chain:
    """The chain of a folder, checked. Raises ChainFilesError with all findings when one of them is an error."""
    chain, problems = inspect_chain(folder)
    if chain is None:
        raise ChainFilesError(problems)
    return chain


def inspect_chain(folder: Path) -> tuple[Chain | None, list[Problem]]:
    """The chain and all problems, warnings included; no chain when one of them is an error. Raises nothing on bad content."""
    if not folder.is_dir():
        return None, [problem("folder_missing", Place(str(folder)), "", str(folder))]
    draft, problems = read_draft(folder)
    if draft is None:
        return None, problems
    has_form_errors = bool(errors_of(problems))
    problems += check(draft, is_whole=not has_form_errors)
    if errors_of(problems):
        return None, problems
    return assemble(draft), problems


def read_draft(folder: Path) -> tuple[Draft | None, list[Problem]]:
    """The rows of a folder, unchecked; no draft when nothing could be made of the heading."""
    if (folder / "edges.csv").exists():
        return delivered.read_draft(folder)
    problems: list[Problem] = []

    def rows_of(name: str, columns: Columns, *, is_optional: bool = False) -> list[Row]:
        rows, found = read_table(folder / name, columns, is_optional=is_optional)
        problems.extend(found)
        if not rows and not found and not is_optional:
            problems.append(problem("table_bare", Place(name), "", ""))
        return rows

    heading = parsing.parse_heading(rows_of("chain.csv", parsing.HEADING), problems)
    nodes = parsing.placed(rows_of("nodes.csv", parsing.NODES), problems, parsing.read_node)
    rate_of = {item.value.product: item.value.unit for item in nodes if item.value.product}
    node_of = {item.value.id: item.value for item in nodes}
    draft = Draft(
        heading=heading or _no_heading(),
        nodes=nodes,
        links=parsing.placed(
            rows_of("links.csv", parsing.LINKS), problems, partial(parsing.read_link, rate_of=rate_of)
        ),
        recipes=parsing.placed(
            rows_of("recipes.csv", parsing.RECIPES, is_optional=True),
            problems,
            partial(parsing.read_recipe, rate_of=rate_of, nodes=node_of),
        ),
        stocks=parsing.placed(
            rows_of("stocks.csv", parsing.STOCKS), problems, partial(parsing.read_stock, rate_of=rate_of)
        ),
        qualities=parsing.placed(
            rows_of("quality.csv", parsing.QUALITIES, is_optional=True), problems, parsing.read_quality
        ),
        series=parsing.placed(rows_of("series.csv", parsing.SERIES), problems, parsing.read_series),
        responsibilities=parsing.placed(
            rows_of("responsibility.csv", parsing.RESPONSIBILITIES, is_optional=True),
            problems,
            parsing.read_responsibility,
        ),
        offers=parsing.placed(
            rows_of("offers.csv", OFFERS, is_optional=True), problems, partial(read_offer, rate_of=rate_of)
        ),
    )
    return draft, problems


def _no_heading() -> Heading:
    return Heading(id="", name_zh="", name_en="", valid_from=datetime(1970, 1, 1, tzinfo=UTC))


def chain_folder(config: Path | None, name: str) -> Path:
    """The folder of a chain in the operator's configuration, or the shipped one where none is set.

    Raises FileNotFoundError when nothing of that name is shipped.
    """
    return config / "chains" / name if config is not None else asset_path(f"deploy/config/chains/{name}")
