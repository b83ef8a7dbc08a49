"""DNA, RNA and protein sequences: tokens padded on the right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int8, Shaped, UInt64

from genomimic.alphabet import ALPHABETS, Alphabet
from genomimic.clustering import clusters, sequence_keys, word_length
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities.base import Modality, Relatives
from genomimic.observation import Categorical

_TEXT_ROWS = 4096


@dataclass(frozen=True)
class Sequences(Modality):
    """Sequences over one alphabet.

    `stranded`: the strand carries meaning, so a sequence and its reverse complement are two different things.
    `aligned`: a position means the same in every sequence, as in promoters cut at their start site.
    """

    records: ClassVar[str] = "sequences"
    file: ClassVar[str] = "synthetic.fa.gz"
    ordered: ClassVar[bool] = True
    record: ClassVar[str] = "sequence"
    value: ClassVar[str] = "letter"
    unit: ClassVar[str] = "base"
    repeats: ClassVar[bool] = False
    sources: ClassVar[tuple[str, ...]] = ()
    more: ClassVar[str] = "a long genome: cut it with --window"
    apart: ClassVar[str] = "cut windows that do not overlap (--stride at least --window)"

    alphabet: str
    stranded: bool
    aligned: bool

    @property
    def letters(self) -> Alphabet:
        """The alphabet itself; `alphabet` is its name."""
        return ALPHABETS[self.alphabet]

    @property
    def baselines(self) -> tuple[str, ...]:
        return "uniform", "composition", "pwm", "markov", "position-markov"

    @property
    def complement(self) -> tuple[int, ...] | None:
        letters = self.letters
        if self.stranded or letters.complements is None:
            return None
        return (*(letters.symbols.index(letter) for letter in letters.complements), letters.pad, letters.unknown)

    def described(self, length: int) -> str:
        strands = "stranded" if self.stranded else "unstranded"
        return f"{self.alphabet}, {length} long, {strands}, {'aligned' if self.aligned else 'not aligned'}"

    def config(self) -> dict[str, Any]:
        return {"name": self.alphabet, "stranded": self.stranded, "aligned": self.aligned}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Sequences":
        """The modality whose `config()` this is."""
        return cls(str(config["name"]), stranded=bool(config["stranded"]), aligned=bool(config["aligned"]))

    def conform(self, dataset: Dataset, length: int) -> Dataset:
        """Padded to `length` letters; raises `UsageError` for a longer record."""
        values, pad = dataset.values, self.letters.pad
        too_long = np.flatnonzero((values[:, length:] != pad).any(1))
        if too_long.size:
            raise UsageError(
                f"record {dataset.ids[too_long[0]]!r} is longer than the {length} letters that the run was trained on"
            )
        behind = np.full((len(values), max(0, length - values.shape[1])), pad, values.dtype)
        return replace(dataset, values=np.concatenate([values[:, :length], behind], 1))

    def observation(self, values: Int8[np.ndarray, "n length"]) -> Categorical:
        """Symbols, and an end where any of these sequences is shorter than the rows."""
        return Categorical(self.letters.size, ends=bool((values == self.letters.pad).any()))

    def keys(self, values: Int8[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """Hashes of DNA and RNA are the same for both strands."""
        return sequence_keys(values, self.letters, stranded=self.letters.complements is None)

    def identities(self, values: Int8[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """The same for both strands where these count alike."""
        return sequence_keys(values, self.letters, stranded=self.stranded)

    def relatives(self, values: Int8[np.ndarray, "n length"], source: Shaped[np.ndarray, " n"] | None) -> Relatives:
        """Homologous sequences: those that share a word on either strand, whatever they are said to come from."""
        w = word_length(values, self.letters)
        return Relatives(clusters(values, self.letters, w=w), f"share {w}-letter words", w)

    def texts(self, dataset: Dataset) -> Iterator[str]:
        """The letters of each sequence without padding, unknown ones as N (X in protein)."""
        letters = self.letters
        byte_of_token = np.frombuffer((letters.symbols + "\0" + letters.ambiguous[0]).encode(), np.uint8)
        for start in range(0, len(dataset), _TEXT_ROWS):
            rows = np.ascontiguousarray(byte_of_token[dataset.values[start : start + _TEXT_ROWS]])
            yield from (text.decode() for text in rows.view(f"S{dataset.length}")[:, 0].tolist())
