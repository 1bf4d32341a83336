"""The page `docs/listening.md`: how good listening is, weak figures first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.listening.exclusions import Line, lines, reasons, report
from benchmarks.listening.languages import messages, sentences_taken_for, taken_for
from benchmarks.listening.pairs import pairs, taken_for_copies


def page() -> str:
    """Measure everything on the halves for the report, and write it up."""
    parts = [
        "# How good listening is",
        "Written by `python -m benchmarks.listening --write`. Each set was written for this "
        "project, message by message; half of it was looked at while rules and words were made, "
        "and the figures are of the other half.",
        *_noise(),
        *_reposts(),
        *_languages(),
    ]
    return "\n\n".join(parts) + "\n"


def _reposts() -> Iterator[str]:
    some = [pair for pair in pairs() if pair.is_report]
    taken = taken_for_copies(some)
    right = sum(pair.is_copy for pair, is_taken in zip(some, taken, strict=True) if is_taken)
    copies = sum(pair.is_copy for pair in some)
    wrong = sum(taken) - right
    yield "## Reposts"
    yield (
        f"Of {len(some)} pairs {copies} are copies, the others traps. Recall "
        f"**{right / copies:.2f}**: {right} of {copies} copies are found. Precision "
        f"**{right / sum(taken):.2f}**: {wrong} of {len(some) - copies} traps are taken for one."
    )
    of, marked = Counter[tuple[bool, str]](), Counter[tuple[bool, str]]()
    for pair, is_taken in zip(some, taken, strict=True):
        of[pair.is_copy, pair.kind] += 1
        marked[pair.is_copy, pair.kind] += is_taken
    rows = ["| kind | pairs | truly copies | marked as a repost |", "|---|---:|---|---:|"]
    for (is_copy, kind), count in sorted(of.items(), key=lambda item: (not item[0][0], item[0][1])):
        said = "yes" if is_copy else "no"
        rows.append(f"| {kind.replace('_', ' ')} | {count} | {said} | {marked[is_copy, kind]} |")
    yield "\n".join(rows)


def _noise() -> Iterator[str]:
    yield "## Noise"
    yield (
        "Points are learned from examples (`python -m benchmarks.listening.learning`, which prints "
        "how much is found of what was not learned from). The messages of the table were never "
        "looked at: the older were written after the set phrases of their kind and have none of "
        "them, the newer were put aside before anything was learned. A third of them and more is "
        "what customers say who speak about such things."
    )
    rows = [
        "| reason | messages | recall | precision | found | wrong |",
        "|---|---|---:|---:|---:|---:|",
    ]
    sets = {"older": report(), "newer": lines("noise_fresh.txt")}
    found = {name: reasons([line.text for line in some]) for name, some in sets.items()}
    for reason in dict.fromkeys(line.reason for line in sets["newer"]):
        for name, some in sets.items():
            rows.append(f"| `{reason}` | {name} {_right(reason, some, found[name])}")
    yield "\n".join(rows)
    yield _buyers()
    yield (
        "No message of our corpora is left out by mistake, a test sees to it. Of the messages of "
        "customers that were not learned from one in 1,500 would be, of each kind: that is allowed."
    )


def _buyers() -> str:
    of, lost = Counter[bool](), Counter[bool]()
    some = report("noise_buyers.txt")
    for line, found in zip(some, reasons([line.text for line in some]), strict=True):
        of[line.is_noise] += 1
        lost[line.is_noise] += found is not None
    return (
        f"Of {of[False]} customers who look for a trade as an employer looks for people, or tell "
        f"what an advertisement said, **{lost[False]}** are left out by mistake; of {of[True]} "
        f"employers who write like them {lost[True]} are, rightly. As many others were learned "
        "from, not these."
    )


def _right(reason: str, some: list[Line], found: list[str | None]) -> str:
    of_kind = [line.is_noise and line.reason == reason for line in some]
    marked = [one == reason for one in found]
    right = sum(map(all, zip(of_kind, marked, strict=True)))
    of, wrong = sum(of_kind), sum(marked) - right
    precision = f"{right / sum(marked):.2f}" if any(marked) else "none found"
    return f"| {right / of:.2f} | {precision} | {right} of {of} | {wrong} of {len(some) - of} |"


def _languages() -> Iterator[str]:
    some = [one for one in messages() if one.is_report and one.kind != "mixed"]
    right, of = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one, found in zip(some, taken_for(some), strict=True):
        for column in (_length(one.size), "all"):
            for kind in (one.kind, "all"):
                of[kind, column] += 1
                right[kind, column] += found == one.languages[0]
    yield "## Languages"
    columns = ("3 to 4", "5 to 8", "9 to 15", "16 and more", "all")
    shares = {one.kind: right[one.kind, "all"] / of[one.kind, "all"] for one in some}
    kinds = sorted(shares, key=lambda kind: (shares[kind], kind))
    yield f"{len(some)} messages; how many are taken for the right language, by their words:"
    rows = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for kind in (*kinds, "all"):
        cells = (
            f"{right[kind, column]} of {of[kind, column]}" if of[kind, column] else ""
            for column in columns
        )
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    yield "\n".join(rows)
    mixed = [one for one in messages() if one.is_report and one.kind == "mixed"]
    spoken = sentences_taken_for(mixed)
    whole = sum(one.languages == languages for one, languages in zip(mixed, spoken, strict=True))
    yield (
        f"Of {len(mixed)} messages in two languages {whole} have every sentence right; the message "
        "itself counts as the language of most of its words."
    )


def _length(size: int) -> str:
    limits = ((5, "3 to 4"), (9, "5 to 8"), (16, "9 to 15"))
    return next((name for below, name in limits if size < below), "16 and more")
