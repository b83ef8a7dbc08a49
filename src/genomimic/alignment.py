"""Two sequences with the fewest edits between them, letter beside letter."""

from typing import Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

GAP = "-"


class Column(NamedTuple):
    """One column: the synthetic letter, the real letter (`GAP` where there is none) and what happened."""

    synthetic: str
    real: str
    kind: Literal["match", "substitution", "insertion", "deletion"]


def align(synthetic: str, real: str) -> list[Column]:
    """Columns of one shortest edit alignment; an insertion is a letter that only the synthetic sequence has.

    >>> [column.kind for column in align("ACCTA", "ACGT")]
    ['match', 'match', 'substitution', 'match', 'insertion']
    """
    columns = []
    for op in Levenshtein.opcodes(real, synthetic):
        real_part, synthetic_part = real[op.src_start : op.src_end], synthetic[op.dest_start : op.dest_end]
        if op.tag == "equal":
            columns += [Column(letter, letter, "match") for letter in synthetic_part]
        elif op.tag == "replace":
            columns += [
                Column(ours, theirs, "substitution") for ours, theirs in zip(synthetic_part, real_part, strict=True)
            ]
        elif op.tag == "insert":
            columns += [Column(letter, GAP, "insertion") for letter in synthetic_part]
        else:
            columns += [Column(GAP, letter, "deletion") for letter in real_part]
    return columns


def side_by_side(synthetic: str, real: str) -> list[Column]:
    """Columns of two sequences of one length, place by place.

    >>> [column.kind for column in side_by_side("ACC", "ACG")]
    ['match', 'match', 'substitution']
    """
    pairs = zip(synthetic, real, strict=True)
    return [Column(ours, theirs, "match" if ours == theirs else "substitution") for ours, theirs in pairs]


def marks(columns: list[Column]) -> str:
    """A sign for each column: | for a letter that both have, . for a replaced one, - where one side has none.

    >>> marks(align("ACCTA", "ACGT"))
    '||.|-'
    """
    return "".join({"match": "|", "substitution": "."}.get(column.kind, GAP) for column in columns)


def count_differences(columns: list[Column]) -> int:
    """Number of columns in which the two sequences differ: their edit distance."""
    return sum(column.kind != "match" for column in columns)


def caption(columns: list[Column], name: str, *, reversed_strand: bool = False) -> str:
    """The alignment in one sentence.

    >>> caption(align("ACCT", "ACGT"), "promoter_7")
    'differs at 1 of 4 positions from promoter_7: 1 substitution'
    """
    strand = " (read on its opposite strand)" if reversed_strand else ""
    differences = count_differences(columns)
    if not differences:
        return f"identical to {name}{strand}, all {len(columns)} positions"
    place = f"{len(columns)} {'aligned ' if any(GAP in column for column in columns) else ''}positions"
    kinds = {kind: sum(column.kind == kind for column in columns) for kind in ("substitution", "insertion", "deletion")}
    detail = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in kinds.items() if n)
    return f"differs at {differences} of {place} from {name}{strand}: {detail}"
