"""Hard rules that synthetic sequences must keep, as they are written on the command line.

Positions count from 1, and both ends of a range belong to it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from genomimic.alphabet import DNA, PROTEIN, Alphabet
from genomimic.codons import STOPS, codons, translate
from genomimic.errors import UsageError
from genomimic.modalities import Modality, Sequences
from genomimic.restriction import site
from genomimic.templates import CODES


class GC(NamedTuple):
    """The share of G and C in the whole sequence is from `low` to `high`."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"--gc {self.low:g}:{self.high:g}"


class Homopolymer(NamedTuple):
    """No letter stands more than `most` times in a row."""

    most: int

    def __str__(self) -> str:
        return f"--max-homopolymer {self.most}"


class Forbidden(NamedTuple):
    """None of these words stands anywhere; with `frame`, none begins at that position or 3, 6, 9, ... behind it."""

    words: tuple[str, ...]
    flag: str
    frame: int | None = None

    def __str__(self) -> str:
        return self.flag


class Required(NamedTuple):
    """The motif stands somewhere within positions first .. last; to the end of the sequence where `last` is None."""

    motif: str
    first: int
    last: int | None
    flag: str

    def __str__(self) -> str:
        return self.flag


class Template(NamedTuple):
    """Each letter is one of those that the letter or ambiguity code at its place stands for."""

    text: str

    def __str__(self) -> str:
        return f"--template {self.text}"


class Protein(NamedTuple):
    """The codons from position `first` on make this protein; X is any amino acid, * a stop."""

    text: str
    first: int

    def __str__(self) -> str:
        return f"--protein {self.text}@{self.first}"


LONG = 60
"""Letters of a rule that an error shows."""

Rule = GC | Homopolymer | Forbidden | Required | Template | Protein
Rules = tuple[Rule, ...]


def read_rules(
    modality: Modality,
    *,
    gc: str | None = None,
    max_homopolymer: int | None = None,
    forbid: Sequence[str] | None = None,
    forbid_site: Sequence[str] | None = None,
    require: Sequence[str] | None = None,
    template: str | None = None,
    protein: str | None = None,
    keep_protein: bool = False,
    no_start_codons: bool = False,
    no_stop_codons: bool = False,
    frame: int = 1,
) -> Rules:
    """Rules from what users write; raises `UsageError` for what cannot be understood.

    Forbidden words and sites are forbidden on both strands of DNA; all else is about the strand that is written.
    `keep_protein`: whole codons of the template may be exchanged for synonymous ones; its N stay free. `frame`: the
    position of the first letter of a codon.

    >>> dna = Sequences("dna", stranded=True, aligned=True)
    >>> [str(rule) for rule in read_rules(dna, gc="0.35:0.55", require=["TATAAT@35:41"])]
    ['--gc 0.35:0.55', '--require TATAAT@35:41']
    """
    if not isinstance(modality, Sequences):
        raise UsageError("rules are for sequences, and these are not")
    alphabet, found = modality.letters, []
    if alphabet is PROTEIN and (gc or forbid_site or protein or keep_protein or no_start_codons or no_stop_codons):
        raise UsageError("rules on GC, sites and codons are for DNA and RNA, and these are proteins")
    if gc is not None:
        found.append(_gc(gc))
    if max_homopolymer is not None:
        found.append(_homopolymer(max_homopolymer))
    found += [_forbidden(word, f"--forbid {word}", alphabet) for word in forbid or ()]
    found += [_forbidden(_spelt(site(name), alphabet), f"--forbid-site {name}", alphabet) for name in forbid_site or ()]
    found += [_required(text, alphabet) for text in require or ()]
    if keep_protein:
        found += _kept(template, frame, alphabet)
    elif template is not None:
        found.append(Template(_word(template, "--template", alphabet)))
    if protein is not None:
        found.append(_protein(protein))
    if no_start_codons:
        found.append(Forbidden((_spelt("ATG", alphabet),), "--no-start-codons"))
    if no_stop_codons:
        found.append(Forbidden(tuple(_spelt(stop, alphabet) for stop in STOPS), _no_stops(frame), frame))
    return tuple(found)


def told(rules: Rules) -> str:
    """The rules in a line, as they would be written on the command line."""
    return " ".join(map(str, rules))


def shortened(rules: Rules) -> str:
    """The rules in a line, long ones cut short."""
    texts = map(str, rules)
    return " ".join(
        text if len(text) <= LONG else f"{text[:LONG]}... ({len(text.split()[1])} letters)" for text in texts
    )


def letters_of(code: str, alphabet: Alphabet) -> str:
    """The letters that a letter or an ambiguity code stands for; none for what is neither."""
    return code if code in alphabet.symbols else CODES[alphabet.name].get(code, "")


def opposite(word: str, alphabet: Alphabet) -> str:
    """The reverse complement of a word with ambiguity codes.

    >>> opposite("GGTNR", DNA)
    'YNACC'
    """
    assert alphabet.complements is not None
    turned = str.maketrans(alphabet.symbols, alphabet.complements)
    code_of = {frozenset(letters): code for code, letters in CODES[alphabet.name].items()}
    code_of |= {frozenset(letter): letter for letter in alphabet.symbols}
    return "".join(code_of[frozenset(letters_of(code, alphabet).translate(turned))] for code in reversed(word))


def _gc(text: str) -> GC:
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 <= low <= high <= 1:
        raise UsageError(f"--gc {text}: expected two shares from 0 to 1, the lower first, such as 0.35:0.55")
    return GC(low, high)


def _homopolymer(most: int) -> Homopolymer:
    if most < 1:
        raise UsageError(f"--max-homopolymer {most}: expected a whole number of at least 1")
    return Homopolymer(most)


def _forbidden(word: str, flag: str, alphabet: Alphabet) -> Forbidden:
    word = _word(word, flag.split()[0], alphabet)
    both = {word: None, opposite(word, alphabet): None} if alphabet is DNA else {word: None}
    return Forbidden(tuple(both), flag)


def _required(text: str, alphabet: Alphabet) -> Required:
    motif, at, where = text.partition("@")
    motif = _word(motif, "--require", alphabet)
    if not at:
        return Required(motif, 1, None, f"--require {text}")
    place = re.fullmatch(r"(\d+)(?::(\d+))?", where)
    first = int(place[1]) if place else 0
    last = int(place[2]) if place and place[2] else first + len(motif) - 1
    if first < 1:
        raise UsageError(f"--require {text}: expected MOTIF, MOTIF@START or MOTIF@START:END, positions from 1")
    if last - first + 1 < len(motif):
        raise UsageError(f"--require {text}: {len(motif)} letters do not fit into positions {first} to {last}")
    return Required(motif, first, last, f"--require {text}")


def _protein(text: str) -> Protein:
    protein, at, where = text.upper().partition("@")
    strange = next((letter for letter in protein if not codons(letter)), None)
    if strange or not protein or (at and not (where.isdigit() and int(where))):
        wrong = f"{strange!r} is no amino acid; " if strange else ""
        raise UsageError(f"--protein {text}: {wrong}expected amino acids (* a stop, X any) or PROTEIN@START")
    return Protein(protein, int(where) if at else 1)


def _kept(template: str | None, frame: int, alphabet: Alphabet) -> list[Rule]:
    """The protein of a template's whole codons, and what is left of the template."""
    text = _word(template or "", "--template", alphabet) if template else ""
    protein = translate(text[frame - 1 :]).rstrip("X")
    if not protein.strip("X"):
        raise UsageError("--keep-protein needs the coding sequence: give it with --template, and --frame if it needs")
    end = frame - 1 + 3 * len(protein)
    whole = [letter != "X" for letter in protein for _ in range(3)]
    free = "".join("N" if kept else code for code, kept in zip(text[frame - 1 : end], whole, strict=True))
    return [Protein(protein, frame), Template(text[: frame - 1] + free + text[end:])]


def _word(text: str, flag: str, alphabet: Alphabet) -> str:
    """A word in capitals, checked."""
    word = text.upper()
    strange = next((letter for letter in word if not letters_of(letter, alphabet)), None)
    if strange or not word:
        wrong = f"{strange!r} is neither" if strange else "expected letters, each"
        codes = "".join(CODES[alphabet.name])
        raise UsageError(
            f"{flag} {text}: {wrong} a letter of {alphabet.name} ({alphabet.symbols}) nor a code for some of them "
            f"({codes})"
        )
    return word


def _no_stops(frame: int) -> str:
    return "--no-stop-codons" + (f" --frame {frame}" if frame != 1 else "")


def _spelt(word: str, alphabet: Alphabet) -> str:
    return word if alphabet is DNA else word.replace("T", "U")
