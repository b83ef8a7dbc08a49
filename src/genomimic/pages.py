"""The pages on which the report shows one synthetic set, and which table stands on which."""

from genomimic.evidence import Table

PAGES = {
    "look": "What the data look like",
    "giveaway": "What gave it away",
    "profile": "Genes",
    "labels": "Labels",
    "words": "Words",
    "positions": "Positions",
    "motifs": "Motifs and spacing",
    "copies": "Copies and memorisation",
    "missing": "Diversity: what is missing",
    "more": "More tables",
}

_BEGINNINGS = {
    "giveaway": "giveaway",
    "genes": "profile",
    "label": "labels",
    "enriched_words": "words",
    "word": "words",
    "position": "positions",
    "pair": "positions",
    "motif": "motifs",
    "nearest": "copies",
    "duplicates": "copies",
    "copies": "copies",
    "missed": "missing",
    "regions": "missing",
    "neighbourhood": "missing",
}
_BY_GROUP = {"novelty": "copies", "diversity": "missing", "fidelity": "more"}


def page_of(table: Table) -> str:
    """Key of the page of a table, by the beginning of its name; one that is not known stands with its group."""
    for beginning, page in _BEGINNINGS.items():
        if table.name.startswith(beginning):
            return page
    return _BY_GROUP[table.group]
