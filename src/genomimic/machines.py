"""Each rule as a small machine that reads a sequence from left to right and knows as early as it can that it is broken.

Words are looked for by the bits of one number: bit k is up where the last letters are the first k + 1 of a word
(the shift-and automaton, Baeza-Yates & Gonnet 1992), which takes ambiguity codes as they are.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from genomimic.alphabet import Alphabet
from genomimic.codons import codons
from genomimic.rules import GC, Forbidden, Homopolymer, Protein, Required, Rule, Template, letters_of

SEEN = -1
"""The state of a machine that has found what it looks for."""


@runtime_checkable
class Machine(Protocol):
    """States are any values; what is different at a place is all that `next` sees of it."""

    @property
    def start(self) -> Hashable:
        """The state before the first letter."""
        ...

    def at(self, i: int) -> Hashable:
        """What sets the place of index i apart."""
        ...

    def next(self, state: Hashable, at: Hashable, letter: str) -> Hashable | None:
        """The state after one more letter; None where the rule is broken for good."""
        ...

    def accepts(self, state: Hashable, i: int) -> bool:
        """Whether a sequence of i letters may end in a state."""
        ...


class Words(NamedTuple):
    """Words as bits, side by side: the bits that each letter fits, the first bit of each word, and the last."""

    fitting: Mapping[str, int]
    firsts: int
    lasts: int

    @classmethod
    def of(cls, words: Sequence[str], alphabet: Alphabet) -> "Words":
        """Of words with ambiguity codes."""
        wanted = [letters_of(code, alphabet) for word in words for code in word]
        ends = [sum(map(len, words[: k + 1])) for k in range(len(words))]
        firsts = sum(1 << (end - len(word)) for end, word in zip(ends, words, strict=True))
        fitting = {one: sum(1 << bit for bit, may in enumerate(wanted) if one in may) for one in alphabet.symbols}
        return cls(fitting, firsts, sum(1 << (end - 1) for end in ends))

    def read(self, state: int, letter: str, *, begin: bool) -> int:
        """The bits after one more letter; words may begin with it or not."""
        onward = (state & ~self.lasts) << 1
        return (onward | (self.firsts if begin else 0)) & self.fitting[letter]


class Absent(NamedTuple):
    """No word may stand, or none that begins in a frame."""

    words: Words
    frame: int | None = None
    start: int = 0

    def at(self, i: int) -> bool:
        return self.frame is None or (i >= self.frame - 1 and (i - self.frame + 1) % 3 == 0)

    def next(self, state: Hashable, at: Hashable, letter: str) -> int | None:
        assert isinstance(state, int)
        bits = self.words.read(state, letter, begin=bool(at))
        return None if bits & self.words.lasts else bits

    def accepts(self, state: Hashable, i: int) -> bool:
        return True


class Present(NamedTuple):
    """The motif must stand, beginning at one of the places `first` .. `last` (indices)."""

    words: Words
    first: int
    last: float
    start: int = 0

    def at(self, i: int) -> bool:
        return self.first <= i <= self.last

    def next(self, state: Hashable, at: Hashable, letter: str) -> int | None:
        assert isinstance(state, int)
        if state == SEEN:
            return SEEN
        bits = self.words.read(state, letter, begin=bool(at))
        return SEEN if bits & self.words.lasts else bits

    def accepts(self, state: Hashable, i: int) -> bool:
        return state == SEEN


class Places(NamedTuple):
    """Letters that may stand at each place, and none behind the last."""

    allowed: tuple[str, ...]
    start: int = 0

    def at(self, i: int) -> str:
        return self.allowed[i] if i < len(self.allowed) else ""

    def next(self, state: Hashable, at: Hashable, letter: str) -> int | None:
        assert isinstance(at, str)
        return 0 if letter in at else None

    def accepts(self, state: Hashable, i: int) -> bool:
        return i == len(self.allowed)


class Coding(NamedTuple):
    """From the place of index `first` on, codons of these amino acids; the state is the codon begun."""

    codons: tuple[tuple[str, ...], ...]
    first: int
    start: str = ""

    def at(self, i: int) -> tuple[str, ...]:
        codon = (i - self.first) // 3
        return self.codons[codon] if 0 <= codon < len(self.codons) else ()

    def next(self, state: Hashable, at: Hashable, letter: str) -> str | None:
        assert isinstance(state, str)
        assert isinstance(at, tuple)
        begun = state + letter
        if not at:
            return ""
        if not any(codon.startswith(begun) for codon in at):
            return None
        return begun if len(begun) < 3 else ""

    def accepts(self, state: Hashable, i: int) -> bool:
        return i >= self.first + 3 * len(self.codons)


def machine(rule: Rule, alphabet: Alphabet) -> Machine | None:
    """The machine of a rule; None for GC, which is counted."""
    match rule:
        case GC():
            return None
        case Homopolymer(most):
            return Absent(Words.of([letter * (most + 1) for letter in alphabet.symbols], alphabet))
        case Forbidden(words, _, frame):
            return Absent(Words.of(words, alphabet), frame)
        case Required(motif, first, last, _):
            latest = float("inf") if last is None else last - len(motif)
            return Present(Words.of([motif], alphabet), first - 1, latest)
        case Template(text):
            return Places(tuple(letters_of(code, alphabet) for code in text))
        case Protein(text, first):
            spelt = "U" if "U" in alphabet.symbols else "T"
            return Coding(tuple(tuple(c.replace("T", spelt) for c in codons(amino)) for amino in text), first - 1)
