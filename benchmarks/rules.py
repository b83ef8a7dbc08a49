"""Whether every record of a FASTA file keeps the rules that its header names, by code of its own (no genomimic).

    python benchmarks/rules.py designs.fa [more.fa.gz ...]

Sites are looked for by Biopython's enzymes themselves, proteins are translated by Biopython. Prints a line for each
file, a line for each rule that is broken, and exits with status 1 where there is any.
"""

import argparse
import gzip
import re
import shlex
import sys
from pathlib import Path

from Bio import Restriction
from Bio.Data.IUPACData import ambiguous_dna_values
from Bio.Seq import Seq
from Bio.SeqIO.FastaIO import SimpleFastaParser


def flags():
    parser = argparse.ArgumentParser(prog="rules")
    parser.add_argument("--gc")
    parser.add_argument("--max-homopolymer", type=int)
    for name in ("--forbid", "--forbid-site", "--require"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--template")
    parser.add_argument("--protein")
    parser.add_argument("--no-start-codons", action="store_true")
    parser.add_argument("--no-stop-codons", action="store_true")
    parser.add_argument("--frame", type=int, default=1)
    return parser


def places(word, text):
    """Where a word with ambiguity codes begins in a text, from 0."""
    fits = [
        at
        for at in range(len(text) - len(word) + 1)
        if all(text[at + k] in ambiguous_dna_values[code] for k, code in enumerate(word))
    ]
    return set(fits)


def required(rule, text):
    motif, _, where = rule.partition("@")
    first, _, last = where.partition(":")
    first = int(first or 1)
    last = int(last) if last else (first + len(motif) - 1 if where else len(text))
    return any(first - 1 <= at and at + len(motif) <= last for at in places(motif, text))


def protein_kept(rule, text):
    protein, _, first = rule.partition("@")
    start = int(first or 1) - 1
    made = str(Seq(text[start : start + 3 * len(protein)]).translate())
    return len(made) == len(protein) and all(want in ("X", have) for want, have in zip(protein, made, strict=True))


def broken(text, rules):
    """The rules that a text breaks."""
    if rules.gc:
        low, high = map(float, rules.gc.split(":"))
        share = sum(letter in "GC" for letter in text) / len(text)
        if not low - 1e-9 <= share <= high + 1e-9:
            yield f"--gc {rules.gc}: {share:.3f}"
    if rules.max_homopolymer and max(len(run[0]) for run in re.finditer(r"(.)\1*", text)) > rules.max_homopolymer:
        yield f"--max-homopolymer {rules.max_homopolymer}"
    opposite = str(Seq(text).reverse_complement())
    yield from (f"--forbid {word}" for word in rules.forbid if places(word, text) or places(word, opposite))
    yield from (f"--forbid-site {name}" for name in rules.forbid_site if getattr(Restriction, name).search(Seq(text)))
    yield from (f"--require {rule}" for rule in rules.require if not required(rule, text))
    if rules.protein and not protein_kept(rules.protein, text):
        yield f"--protein {rules.protein}"
    if rules.template and (len(rules.template) != len(text) or 0 not in places(rules.template, text)):
        yield f"--template {rules.template}"
    if rules.no_start_codons and "ATG" in text:
        yield "--no-start-codons"
    codons = [text[at : at + 3] for at in range(rules.frame - 1, len(text) - 2, 3)]
    if rules.no_stop_codons and {"TAA", "TAG", "TGA"} & set(codons):
        yield f"--no-stop-codons --frame {rules.frame}"


def check(path):
    """Records of a file, those that name rules, and the rules that are broken."""
    records, named, faults = 0, 0, []
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for title, text in SimpleFastaParser(file):
            records += 1
            found = re.search(r'\brules="([^"]*)"', title)
            if found:
                named += 1
                rules = flags().parse_args(shlex.split(found[1]))
                faults += [f"{path}, record {records} {title.split()[0]!r}: {fault}" for fault in broken(text, rules)]
    return records, named, faults


def main():
    bad = False
    for path in map(Path, sys.argv[1:]):
        records, named, faults = check(path)
        print(f"{path}: {records:,} records, {named:,} name rules, {len(faults):,} rules broken")
        print("".join(f"  {fault}\n" for fault in faults), end="")
        bad |= bool(faults) or named < records
    sys.exit(bad)


if __name__ == "__main__":
    main()
