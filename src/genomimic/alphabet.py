"""Alphabets: ordered symbols, and what becomes of every other letter.

A token is a small integer: 0 .. size-1 are the symbols, `pad` fills a row behind the end of a sequence, and
`unknown` stands for a letter that names no single symbol (N in DNA, X in protein). Models learn from symbols and
ends only: unknown positions count for nothing, and no sampler ever emits one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int8

from genomimic.errors import UsageError

INVALID = -1


@dataclass(frozen=True)
class Alphabet:
    """Ordered symbols with the letters that are read as unknown and, for nucleic acids, the complement.

    >>> DNA.encode("acgtN")
    array([0, 1, 2, 3, 5], dtype=int8)
    >>> DNA.decode(DNA.reverse_complement(DNA.encode("AACGN")))
    'NCGTT'
    """

    name: str
    symbols: str
    ambiguous: str
    complements: str | None = None

    @property
    def size(self) -> int:
        """Number of symbols."""
        return len(self.symbols)

    @property
    def pad(self) -> int:
        """Token that fills a row behind the end of a sequence."""
        return self.size

    @property
    def unknown(self) -> int:
        """Token of a letter that names no single symbol."""
        return self.size + 1

    @cached_property
    def _token_of_byte(self) -> Int8[np.ndarray, "256"]:
        table = np.full(256, INVALID, np.int8)
        for letter in self.ambiguous:
            table[[ord(letter.upper()), ord(letter.lower())]] = self.unknown
        for token, letter in enumerate(self.symbols):
            table[[ord(letter.upper()), ord(letter.lower())]] = token
        return table

    @cached_property
    def _byte_of_token(self) -> np.ndarray:
        unknown = self.ambiguous[0]
        return np.frombuffer((self.symbols + "-" + unknown).encode("ascii"), np.uint8)

    @cached_property
    def _complement_of_token(self) -> Int8[np.ndarray, " tokens"]:
        if self.complements is None:
            raise UsageError(f"{self.name} has no reverse complement; use data with strands (dna or rna)")
        tokens = [self.symbols.index(letter) for letter in self.complements]
        return np.array([*tokens, self.pad, self.unknown], np.int8)

    def tokens(self, text: bytes) -> Int8[np.ndarray, " length"]:
        """Tokens of ASCII letters; a letter outside the alphabet becomes `INVALID` (-1), for the reader to report."""
        return self._token_of_byte[np.frombuffer(text, np.uint8)]

    def encode(self, text: str) -> Int8[np.ndarray, " length"]:
        """Tokens of a text; raises `UsageError` at the first letter outside the alphabet."""
        tokens = self.tokens(text.encode("latin-1", errors="replace"))
        wrong = np.flatnonzero(tokens == INVALID)
        if wrong.size:
            at = int(wrong[0])
            raise UsageError(f"position {at + 1}: {text[at]!r} is not a letter of {self.name} ({self.symbols})")
        return tokens

    def decode(self, tokens: Int8[np.ndarray, " length"]) -> str:
        """Text of tokens, without the padding."""
        return self._byte_of_token[tokens[tokens != self.pad]].tobytes().decode("ascii")

    def reverse_complement(self, values: Int8[np.ndarray, "*rows length"]) -> Int8[np.ndarray, "*rows length"]:
        """Opposite strand of each row, read 5' to 3'; padding stays behind the end."""
        complement = self._complement_of_token[values]
        lengths = (values != self.pad).sum(-1, keepdims=True)
        source = lengths - 1 - np.arange(values.shape[-1])
        return np.where(source >= 0, np.take_along_axis(complement, np.maximum(source, 0), -1), self.pad).astype(
            np.int8
        )


DNA = Alphabet("dna", "ACGT", "NRYSWKMBDHV", "TGCA")
RNA = Alphabet("rna", "ACGU", "NRYSWKMBDHV", "UGCA")
PROTEIN = Alphabet("protein", "ACDEFGHIKLMNPQRSTVWY", "XBZJUO")
ALPHABETS = {alphabet.name: alphabet for alphabet in (DNA, RNA, PROTEIN)}
