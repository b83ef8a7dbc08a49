"""Gene expression: records are cells or samples, columns are genes, and their order means nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, cast, get_args

import numpy as np
from jaxtyping import Bool, Int, Shaped, UInt64

from genomimic.clustering import row_keys
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities.base import Modality, Relatives
from genomimic.observation import Gaussian, NegativeBinomial, Observation

Kind = Literal["counts", "zero-inflated-counts", "continuous"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Expression(Modality):
    """Profiles over genes named `genes`.

    `kind`: raw counts (int32, -1 where not known), counts with zeros of another origin, or continuous values such as
    logarithms, TPM and microarray intensities (float32, NaN where not known).
    """

    kind: Kind
    genes: tuple[str, ...] = field(repr=False)
    records: ClassVar[str] = "cells"
    file: ClassVar[str] = "synthetic.h5ad"
    ordered: ClassVar[bool] = False
    record: ClassVar[str] = "cell"
    value: ClassVar[str] = "gene"
    unit: ClassVar[str] = "gene"
    repeats: ClassVar[bool] = True
    sources: ClassVar[tuple[str, ...]] = (
        *("donor", "patient", "individual", "subject", "mouse"),
        *("batch", "sample", "replicate", "plate"),
    )
    more: ClassVar[str] = "if cells stand where genes do: --orientation"
    apart: ClassVar[str] = "read more genes (--genes all)"
    aligned: ClassVar[bool] = True  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def baselines(self) -> tuple[str, ...]:
        return ("independent", "copula") if self.counts else ("independent", "pca-gaussian")

    @property
    def complement(self) -> None:
        return None

    @property
    def counts(self) -> bool:
        """Whether values are counts."""
        return self.kind != "continuous"

    def described(self, length: int) -> str:
        return f"{length:,} genes, {self.kind}"

    def config(self) -> dict[str, Any]:
        return {"name": self.kind, "genes": list(self.genes)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Expression":
        """The modality whose `config()` this is."""
        return cls(cast("Kind", config["name"]), tuple(map(str, config["genes"])))

    def conform(self, dataset: Dataset, length: int) -> Dataset:
        """The same genes in this order; raises `UsageError` where one is not there."""
        assert isinstance(dataset.modality, Expression)
        columns, missing = gene_columns(dataset.modality.genes, self.genes)
        if missing:
            n, named = dataset.length, ", ".join(missing[:3])
            more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
            raise UsageError(f"{named}{more}: not among the {n:,} genes given; give the genes that are expected")
        return replace(dataset, values=dataset.values[:, columns], modality=self)

    def observation(self, values: Shaped[np.ndarray, "n length"]) -> Observation:
        """Negative binomial counts, or normal values in the units of these columns."""
        if self.counts:
            return NegativeBinomial.of(values, zero_inflated=self.kind == "zero-inflated-counts")
        return Gaussian.of(values)

    def keys(self, values: Shaped[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """Equal where all values are."""
        return row_keys(values)

    def identities(self, values: Shaped[np.ndarray, "n length"]) -> UInt64[np.ndarray, " n"]:
        """Equal where all values are."""
        return row_keys(values)

    def relatives(self, values: Shaped[np.ndarray, "n length"], source: Shaped[np.ndarray, " n"] | None) -> Relatives:
        """Cells of one source, or, where that is not known, cells that are equal."""
        if source is not None:
            return Relatives(np.unique(source, return_inverse=True)[1], "come from one source")
        return Relatives(np.unique(row_keys(values), return_inverse=True)[1], "are the same in all genes")


def gene_columns(genes: Sequence[str], wanted: Sequence[str]) -> tuple[Int[np.ndarray, " found"], list[str]]:
    """Where the wanted genes stand, in their order, and those that do not.

    >>> gene_columns(("a", "b", "c"), ("c", "x", "a"))
    (array([2, 0]), ['x'])
    """
    place = {gene: column for column, gene in enumerate(genes)}
    columns = np.array([place[gene] for gene in wanted if gene in place], np.int64)
    return columns, [gene for gene in wanted if gene not in place]


def known_values(values: Shaped[np.ndarray, "n length"]) -> Bool[np.ndarray, "n length"]:
    """Which values are known: counts of 0 or more, and numbers that are finite."""
    return np.isfinite(values) if values.dtype.kind == "f" else values >= 0
