"""Blocks of records to tokens: what becomes of each letter, and the columns that the blocks are gathered in."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, Int8, Shaped

from genomimic.alphabet import DNA, INVALID, PROTEIN, RNA, Alphabet
from genomimic.errors import DataError
from genomimic.io.base import Record, record_error

MAX_LETTERS = 20_000
"""Longest record that is read whole; longer ones are cut with `--window`."""

MAX_BYTES = 8 * 2**30
"""Largest matrix of padded sequences that reading makes."""

_SWAPS = {"rna": (b"Tt", b"Uu", "letters_t_read_as_u"), "dna": (b"Uu", b"Tt", "letters_u_read_as_t")}


@dataclass
class Columns:
    """What has been read so far: tokens end to end, and for each sequence its length, name and labels."""

    tokens: list[Int8[np.ndarray, " letters"]] = field(default_factory=list)
    lengths: list[Int[np.ndarray, " rows"]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    label_columns: dict[str, list[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def add_labels(self, rows: list[Mapping[str, str]]) -> None:
        """Labels of further sequences, whose names are added after them."""
        keys = dict.fromkeys(key for labels in rows for key in labels)
        for key in keys:
            self.label_columns.setdefault(key, [None] * len(self))
        for key, column in self.label_columns.items():
            column.extend([labels.get(key) for labels in rows] if key in keys else [None] * len(rows))

    def values(self, path: Path, pad: int, notes: Counter[str]) -> Int8[np.ndarray, "n length"]:
        """All tokens as rows, padded on the right; the columns are emptied of them."""
        lengths = np.concatenate(self.lengths)
        longest = int(lengths.max())
        if longest * len(lengths) > MAX_BYTES:
            name = self.names[int(lengths.argmax())]
            raise DataError(
                f"{path}: {name!r} has {longest:,} letters, and {len(lengths):,} rows as long as that take "
                f"{longest * len(lengths) / 2**30:,.0f} GB; leave it out, or cut all records with --window"
            )
        tokens = np.concatenate(self.tokens)
        self.tokens.clear()
        notes["records_padded"] = int((lengths < longest).sum())
        if not notes["records_padded"]:
            return tokens.reshape(len(lengths), longest)
        return _padded(tokens, lengths, pad)

    def labels(self, notes: Counter[str]) -> dict[str, Shaped[np.ndarray, " n"]]:
        """Label columns, with "" where a record has none."""
        for column in self.label_columns.values():
            notes["labels_missing"] += sum(label is None for label in column)
        return {
            key: np.array(["" if label is None else label for label in column], dtype=str)
            for key, column in self.label_columns.items()
        }

    def ids(self, notes: Counter[str]) -> Shaped[np.ndarray, " n"]:
        """Names, each of which stands once."""
        taken = set(self.names)
        if len(taken) == len(self.names):
            return np.array(self.names, dtype=str)
        notes["ids_made_unique"] = len(self.names) - len(taken)
        return np.array(list(unique_names(self.names, taken)), dtype=str)


def _padded(
    tokens: Int8[np.ndarray, " letters"], lengths: Int[np.ndarray, " n"], pad: int
) -> Int8[np.ndarray, "n length"]:
    values = np.full((len(lengths), int(lengths.max())), pad, np.int8)
    ends = np.cumsum(lengths)
    for start in range(0, len(lengths), 4096):
        rows = slice(start, start + 4096)
        inside = np.arange(values.shape[1]) < lengths[rows, None]
        values[rows][inside] = tokens[ends[start] - lengths[start] : ends[rows][-1]]
    return values


def unique_names(names: list[str], taken: set[str]) -> Iterator[str]:
    """The names, with a number behind each that stood before; `taken` are the names that no number may make."""
    count: Counter[str] = Counter()
    for name in names:
        count[name] += 1
        unique = name if count[name] == 1 else f"{name}_{count[name]}"
        while count[name] > 1 and unique in taken:
            count[name] += 1
            unique = f"{name}_{count[name]}"
        taken.add(unique)
        yield unique


@dataclass
class Encoder:
    """Turns blocks of records into tokens, in the order of the file; `notes` counts what it changes."""

    path: Path
    alphabet: Alphabet
    chosen: bool
    max_unknown: float
    window: int | None
    stride: int | None
    notes: Counter[str]
    records: int = 0

    def encode(self, block: list[Record], columns: Columns) -> None:
        """Adds a block's sequences, or its windows, to the columns."""
        texts = [self._text(record, self.records + at) for at, record in enumerate(block, 1)]
        names = [record.id or self._missing_id(self.records + at) for at, record in enumerate(block, 1)]
        tokens, lengths = self._tokens(block, texts)
        labels = [record.labels for record in block]
        self.records += len(block)
        if self.window is None:
            self._add(columns, tokens, lengths, names, labels)
            return
        ends = np.cumsum(lengths)
        for at, name in enumerate(names):
            self._add_windows(columns, tokens[ends[at] - lengths[at] : ends[at]], name, labels[at])

    def _text(self, record: Record, number: int) -> str:
        text = record.text
        if self.alphabet is PROTEIN and text.endswith("*"):
            self.notes["stops_dropped"] += 1
            text = text[:-1]
            if not text:
                raise record_error(self.path, number, record.id, "the record has no sequence but a stop; remove it")
        if self.window is None and len(text) > MAX_LETTERS:
            problem = f"{len(text):,} letters, more than {MAX_LETTERS:,}; cut it with --window 200 (or another length)"
            raise record_error(self.path, number, record.id, problem)
        return text

    def _missing_id(self, number: int) -> str:
        self.notes["ids_missing"] += 1
        return f"record_{number}"

    def _tokens(
        self, block: list[Record], texts: list[str]
    ) -> tuple[Int8[np.ndarray, " letters"], Int[np.ndarray, " rows"]]:
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        letters = self._swapped("".join(texts).encode("latin-1", "replace"))
        tokens = self.alphabet.tokens(letters)
        if tokens.min() == INVALID:
            at = int(np.argmin(tokens))
            row = int(np.searchsorted(np.cumsum(lengths), at, side="right"))
            self._refuse(block[row], self.records + row + 1, texts[row], at - int(lengths[:row].sum()))
        codes = np.frombuffer(letters, np.uint8)
        self.notes["letters_lower_case"] += int(np.count_nonzero(codes >= ord("a")))
        self.notes["letters_unknown"] += int(np.count_nonzero(tokens == self.alphabet.unknown))
        return tokens, lengths

    def _swapped(self, letters: bytes) -> bytes:
        """The letters with U read as T or T as U, where the alphabet was said and not chosen."""
        if self.chosen or self.alphabet.name not in _SWAPS:
            return letters
        old, new, note = _SWAPS[self.alphabet.name]
        count = sum(letters.count(bytes([letter])) for letter in old)
        self.notes[note] += count
        return letters.translate(bytes.maketrans(old, new)) if count else letters

    def _refuse(self, record: Record, number: int, text: str, at: int) -> None:
        letter, alphabet = text[at], self.alphabet
        unit = "residue" if alphabet is PROTEIN else "base"
        how = f"read as {alphabet.name} by its first letters" if self.chosen else f"--modality {alphabet.name}"
        problem = f"{unit} {at + 1}: {letter!r} is not a letter of {alphabet.name} ({alphabet.symbols}, {how}); "
        raise record_error(self.path, number, record.id, problem + self._advice(letter))

    def _advice(self, letter: str) -> str:
        if letter in "-.~":
            return "this is a gap: remove the gaps (seqkit seq -g), or leave the aligned rows out"
        if letter == "*":
            return "this is a stop inside a sequence: cut the sequence there or remove the record"
        unknown = self.alphabet.ambiguous[0]
        for other in (DNA, RNA, PROTEIN):
            if other is not self.alphabet and other.tokens(letter.encode("latin-1", "replace"))[0] != INVALID:
                return f"if this is {other.name} use --modality {other.name}, else replace it with {unknown}"
        return f"replace it with {unknown} or remove the record"

    def _add_windows(
        self, columns: Columns, tokens: Int8[np.ndarray, " letters"], name: str, labels: Mapping[str, str]
    ) -> None:
        if self.window is None or self.stride is None:
            return
        if len(tokens) < self.window:
            self.notes["records_shorter_than_window"] += 1
            return
        windows = np.lib.stride_tricks.sliding_window_view(tokens, self.window)[:: self.stride]
        starts0 = range(0, len(tokens) - self.window + 1, self.stride)
        self.notes["windows_partial"] += starts0[-1] + self.window < len(tokens)
        names = [f"{name}:{start0 + 1}-{start0 + self.window}" for start0 in starts0]
        lengths = np.full(len(names), self.window, np.int64)
        self._add(columns, windows.reshape(-1), lengths, names, [{**labels, "record": name}] * len(names))

    def _add(
        self,
        columns: Columns,
        tokens: Int8[np.ndarray, " letters"],
        lengths: Int[np.ndarray, " rows"],
        names: list[str],
        labels: list[Mapping[str, str]],
    ) -> None:
        keep = self._known_enough(tokens, lengths)
        if not keep.all():
            self.notes["records_too_ambiguous"] += int((~keep).sum())
            tokens, lengths = tokens[np.repeat(keep, lengths)], lengths[keep]
            names = [name for name, kept in zip(names, keep, strict=True) if kept]
            labels = [label for label, kept in zip(labels, keep, strict=True) if kept]
        columns.tokens.append(tokens)
        columns.lengths.append(lengths)
        columns.add_labels(labels)
        columns.names.extend(names)

    def _known_enough(
        self, tokens: Int8[np.ndarray, " letters"], lengths: Int[np.ndarray, " rows"]
    ) -> Bool[np.ndarray, " rows"]:
        unknown = tokens == self.alphabet.unknown
        if not unknown.any():
            return np.ones(len(lengths), bool)
        starts = np.cumsum(lengths) - lengths
        return np.add.reduceat(unknown, starts, dtype=np.int64) <= self.max_unknown * lengths
