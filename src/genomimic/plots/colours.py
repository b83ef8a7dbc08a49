"""Colours that keep their meaning in every figure, told apart by colour-blind readers too (Okabe and Ito 2008)."""

INK = "#1d2733"
MUTED = "#5d6b7a"
GRID = "#e6eaee"
REAL = "#4a5563"
TRAIN = "#a9b4bf"
UNKNOWN = "#8a94a0"
SETS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LABELS = (*SETS, "#882255", "#999933", "#332288", "#117733", "#661100", "#F0E442")
"""Colours of labels: those of sets, and Paul Tol's muted ones, which are told apart from them."""

SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")

_NUCLEOTIDES = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "U": "#D55E00"}
_RESIDUES = {
    "AVLIMC": "#E69F00",
    "FWYH": "#CC79A7",
    "STNQ": "#009E73",
    "KR": "#0072B2",
    "DE": "#D55E00",
    "GP": "#5d6b7a",
}


def letter_colours(symbols: str) -> dict[str, str]:
    """Colour of each letter: one a base, or one a chemical class for amino acids."""
    if set(symbols) <= set(_NUCLEOTIDES):
        return {letter: _NUCLEOTIDES[letter] for letter in symbols}
    by_class = {letter: colour for letters, colour in _RESIDUES.items() for letter in letters}
    return {letter: by_class.get(letter, UNKNOWN) for letter in symbols}


def set_colour(number: int) -> str:
    """Colour of the synthetic set with this number."""
    return SETS[number % len(SETS)]


def set_shape(number: int) -> str:
    """Shape of the synthetic set with this number; colour and shape together are one set's alone among 36.

    >>> set_shape(0), set_shape(6)
    ('circle', 'square')
    """
    return SHAPES[(number + number // len(SETS)) % len(SHAPES)]


def paler(colour: str, share: float) -> str:
    """The colour mixed with this share of white."""
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in _channels(colour))


def lettering(colour: str) -> str:
    """Ink or white, whichever is easier to read on the colour (WCAG contrast)."""
    linear = [(c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in _channels(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if (luminance + 0.05) / 0.07 > 1.05 / (luminance + 0.05) else "#ffffff"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
