"""The figures of a report: each with its title, one sentence on how to read it and its words for who cannot see it.

What a report shows of a kind of data is one file and one entry here.
"""

from genomimic.figures.base import Figure, Portrayal, label_of, plotly_figure
from genomimic.figures.evidence import PICTURES, evidence_figures
from genomimic.figures.glossary import COMMON
from genomimic.figures.model import discriminator_figure, latent_figures, training_figure
from genomimic.figures.profiles import ProfilePortrayal
from genomimic.figures.sequences import SequencePortrayal
from genomimic.modalities import Expression, Modality, Sequences

__all__ = [
    "COMMON",
    "PICTURES",
    "PORTRAYALS",
    "Figure",
    "Portrayal",
    "discriminator_figure",
    "evidence_figures",
    "label_of",
    "latent_figures",
    "plotly_figure",
    "portrayal_of",
    "training_figure",
]

PORTRAYALS: dict[type[Modality], Portrayal] = {Sequences: SequencePortrayal(), Expression: ProfilePortrayal()}


def portrayal_of(modality: Modality) -> Portrayal:
    """What a report shows of data of a modality."""
    return PORTRAYALS[type(modality)]
