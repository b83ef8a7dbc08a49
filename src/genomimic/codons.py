"""The standard genetic code."""

from itertools import product

AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODE = {"".join(codon): amino for codon, amino in zip(product("TCAG", repeat=3), AMINO_ACIDS, strict=True)}
"""The amino acid of each codon of DNA; * is a stop (NCBI's table 1)."""

STOPS = tuple(codon for codon, amino in CODE.items() if amino == "*")


def codons(amino: str) -> tuple[str, ...]:
    """The codons of an amino acid (* for a stop), or all of them for X.

    >>> codons("M"), len(codons("L"))
    (('ATG',), 6)
    """
    return tuple(codon for codon, of in CODE.items() if amino in (of, "X"))


def translate(text: str) -> str:
    """The protein of a reading frame of DNA or RNA; X for a codon with letters that are not known.

    >>> translate("ATGTTYTAA"), translate("AUGUUUUAA")
    ('MX*', 'MF*')
    """
    dna = text.upper().replace("U", "T")
    return "".join(CODE.get(dna[at : at + 3], "X") for at in range(0, len(dna) - 2, 3))
