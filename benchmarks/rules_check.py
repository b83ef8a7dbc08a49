"""Do sequences keep rules? An independent check: plain text, regular expressions and Biopython, nothing of genomimic.

    python benchmarks/rules_check.py designs.fa --gc 0.35:0.55 --max-homopolymer 5 --forbid TTTTT
        --forbid-site BsaI --require TATAAT@35:41 --template NNNNACGT...

Prints how many sequences break each rule, and ends with status 1 if any does.
"""

import argparse
import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from Bio import Restriction
from Bio.Data.IUPACData import ambiguous_dna_values
from Bio.Seq import Seq


def read(path: Path) -> Iterator[tuple[str, str]]:
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
    with opened as file:
        for chunk in file.read().split(">")[1:]:
            head, _, body = chunk.partition("\n")
            yield head.split()[0], "".join(body.split())


def pattern(word: str) -> str:
    return "".join(f"[{ambiguous_dna_values[letter]}]" for letter in word)


def on_either_strand(word: str, text: str) -> bool:
    return bool(re.search(pattern(word), text) or re.search(pattern(word), str(Seq(text).reverse_complement())))


def required(rule: str, text: str) -> bool:
    motif, _, place = rule.partition("@")
    first, _, last = place.partition(":")
    start = int(first) - 1 if first else 0
    end = int(last) if last else start + len(motif) if first else len(text)
    return bool(re.search(pattern(motif), text[start:end]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sequences", type=Path)
    parser.add_argument("--gc")
    parser.add_argument("--max-homopolymer", type=int)
    for name in ("forbid", "forbid-site", "require"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--template")
    given = parser.parse_args()
    checks = {}
    if given.gc:
        low, high = map(float, given.gc.split(":"))
        checks[f"--gc {given.gc}"] = lambda text: low <= sum(map(text.count, "GC")) / len(text) <= high
    if given.max_homopolymer:
        run = "|".join(letter * (given.max_homopolymer + 1) for letter in "ACGT")
        checks[f"--max-homopolymer {given.max_homopolymer}"] = lambda text: not re.search(run, text)
    words = {f"--forbid {word}": word for word in given.forbid}
    words |= {f"--forbid-site {name}": str(getattr(Restriction, name).site) for name in given.forbid_site}
    for flag, word in words.items():
        checks[flag] = lambda text, word=word: not on_either_strand(word, text)
    for rule in given.require:
        checks[f"--require {rule}"] = lambda text, rule=rule: required(rule, text)
    if given.template:
        checks["--template"] = lambda text: bool(re.fullmatch(pattern(given.template), text))
    records = list(read(given.sequences))
    broken = {flag: [name for name, text in records if not check(text)] for flag, check in checks.items()}
    for flag, names in broken.items():
        print(f"{flag:<30} {len(records) - len(names):>6} of {len(records)} keep it", *names[:3])
    sys.exit(any(broken.values()))


if __name__ == "__main__":
    main()
