"""Recognition sites of restriction enzymes by name (Biopython's Bio.Restriction, from REBASE)."""

from difflib import get_close_matches

from genomimic.errors import UsageError


def site(enzyme: str) -> str:
    """The bases that an enzyme recognises, 5' to 3', with IUPAC codes.

    Raises `UsageError` for a name that is not known, and where Biopython is not installed.

    >>> site("BsaI"), site("EcoRI")
    ('GGTCTC', 'GAATTC')
    """
    try:
        from Bio.Restriction import AllEnzymes
    except ImportError as error:
        raise UsageError(
            f"--forbid-site {enzyme} needs a list of enzymes: pip install 'genomimic[design]', or write the site's "
            "bases with --forbid"
        ) from error
    sites: dict[str, str] = {str(one): str(one.site) for one in AllEnzymes}
    if enzyme not in sites:
        raise UsageError(f"--forbid-site {enzyme}: there is no such enzyme{_hint(enzyme, list(sites))}")
    return sites[enzyme]


def _hint(given: str, known: list[str]) -> str:
    """Names that may have been meant, whatever their capitals."""
    lower = {name.lower(): name for name in known}
    close = [lower[name] for name in get_close_matches(given.lower(), lower, n=3)]
    return f"; did you mean {' or '.join(close)}?" if close else "; names are those of REBASE, such as BsaI"
