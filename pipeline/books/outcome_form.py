"""What files of outcomes look like: what people call the columns, and what they say in them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pipeline.books.record_files import Form
from pipeline.contracts import contract
from pipeline.engagement._cells import heading
from pipeline.text import LANGUAGES, vocabulary

FILE = "outcomes.toml"
TABLES = {
    "lead": ("leads", "lead_id"),
    "complaint": ("complaints", "complaint_id"),
    "idea": ("ideas", "idea_id"),
    "theme": ("idea_themes", "theme_id"),
}
"""Kind of opportunity to its table and the key there, more telling keys first."""


@cache
def form() -> Form:
    """What is read of a file: our names of columns, those of people, and of exports their own."""
    exports = tuple(
        (_headings((key,)), _headings(contract(table).full_schema.names))
        for table, key in TABLES.values()
    )
    keys = (one for headings, _ in exports for one in sorted(headings))
    said = {name: (name, *words) for name, words in vocabulary(FILE)["columns"].items()}
    return Form(
        {"opportunity_id": ("opportunity_id", *keys, "id"), **said},
        required=("opportunity_id", "outcome"),
        exports=exports,
    )


def _headings(columns: Iterable[str]) -> frozenset[str]:
    """The headings that columns may have in an export, in lower case."""
    languages = (None, *LANGUAGES)
    return frozenset(heading(one, language).lower() for one in columns for language in languages)


@cache
def words() -> dict[str, str]:
    """What people call outcomes, in lower case, to our name of each."""
    listed = vocabulary(FILE)["outcomes"]
    return {word: name for name, said in listed.items() for word in said}
