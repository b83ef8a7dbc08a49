"""Whether sequences keep the rules: a plain check by regular expressions, independent of what enforces them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from genomimic.alphabet import Alphabet
from genomimic.codons import translate
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities import Sequences
from genomimic.rules import GC, Forbidden, Homopolymer, Protein, Required, Rule, Rules, Template, letters_of


class Violation(NamedTuple):
    """A rule that a record breaks, the first place where it does (from 1; 0 for the whole), and what stands there."""

    record: int
    id: str
    rule: str
    position: int
    found: str

    def __str__(self) -> str:
        place = f", position {self.position}" if self.position else ""
        return f"record {self.record + 1} {self.id!r}{place}: {self.found} breaks {self.rule}"


def violations(dataset: Dataset, rules: Rules) -> list[Violation]:
    """Every rule that a record breaks, once for each record."""
    if not isinstance(dataset.modality, Sequences):
        raise UsageError("rules are for sequences, and these are not")
    alphabet, found = dataset.modality.letters, []
    for record, text in enumerate(dataset.modality.texts(dataset)):
        for rule in rules:
            for position, wrong in _broken(rule, text, alphabet):
                found.append(Violation(record, str(dataset.ids[record]), str(rule), position, wrong))
    return found


def _broken(rule: Rule, text: str, alphabet: Alphabet) -> Iterator[tuple[int, str]]:
    """The first place where a text breaks a rule with what stands there, or nothing."""
    match rule:
        case GC(low, high):
            share = sum(text.count(letter) for letter in "GC") / max(len(text), 1)
            if not low - 1e-9 <= share <= high + 1e-9:
                yield 0, f"{share:.3f} GC"
        case Homopolymer(most):
            run = re.search(rf"(.)\1{{{most}}}", text)
            if run:
                yield run.start() + 1, run[0]
        case Forbidden(words, _, frame):
            yield from _standing(words, frame, text, alphabet)
        case Required(motif, first, last, _):
            if not re.search(_pattern(motif, alphabet), text[first - 1 : last]):
                yield first, "nothing"
        case Template(template):
            if not re.fullmatch(_pattern(template, alphabet), text):
                yield 0, "the sequence"
        case Protein(protein, first):
            coded = translate(text[first - 1 : first - 1 + 3 * len(protein)])
            if not re.fullmatch(re.escape(protein).replace("X", "."), coded):
                yield first, f"protein {coded}"


def _standing(words: tuple[str, ...], frame: int | None, text: str, alphabet: Alphabet) -> Iterator[tuple[int, str]]:
    """The first forbidden word that stands in a text; words may overlap."""
    pattern = re.compile("(?=(" + "|".join(_pattern(word, alphabet) for word in words) + "))")
    for match in pattern.finditer(text):
        if frame is None or (match.start() >= frame - 1 and (match.start() - frame + 1) % 3 == 0):
            yield match.start() + 1, match[1]
            return


def _pattern(word: str, alphabet: Alphabet) -> str:
    return "".join(f"[{letters_of(code, alphabet)}]" for code in word)
