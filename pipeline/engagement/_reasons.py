"""Reasons in the reader's language: the tables hold them in English, the words of the advice.

What a route gives as its reason, names and customers' own words stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.text import vocabulary


def reason(text: str, language: str, names: Mapping[str, str]) -> str:
    """Say an `action_reason` in a language.

    Args:
        text: as the table has it.
        language: that of the reader.
        names: words of the language for topics.
    """
    if language == "en":
        return text
    known: dict[str, dict[str, str]] = vocabulary(f"reasons.{language}.toml")
    goes_on = rf"(?=[,.]| (?:{_any(known['beside'])}) )"
    found = re.search(rf"(?:^|(?<=\s))(?:{_any(known['begins'])}){goes_on}", text)
    if found is None:
        return text
    head, said = text[: found.start()], text[found.end() :]
    begun = known["begins"][found.group()]
    beside = re.match(rf" ({_any(known['beside'])}) ([^,.]+)", said)
    if beside:
        topic = names.get(beside[2].replace(" ", "_"), beside[2])
        begun, said = f"{begun} {known['beside'][beside[1]]} {topic}", said[beside.end() :]
    return head + begun + _followed(said, known["follows"], known["money"])


def _followed(said: str, follows: Mapping[str, str], money: Mapping[str, str]) -> str:
    """What stands between commas, said in the other language; what is not known stays."""
    made, rest = "", said
    while rest:
        for phrase in sorted(follows, key=len, reverse=True):
            before, _, after = phrase.partition("{}")
            held = r"((?:[^,]|,\S)*?)" if "{}" in phrase else "()"
            pattern = rf", {re.escape(before)}{held}{re.escape(after)}(?=, |\.$|$)"
            if fits := re.match(pattern, rest):
                made += ", " + follows[phrase].replace("{}", _amount(fits[1], money))
                rest = rest[fits.end() :]
                break
        else:
            end = rest.find(", ", 1)
            end = len(rest) if end < 0 else end
            made, rest = made + rest[:end], rest[end:]
    return made


def _amount(held: str, money: Mapping[str, str]) -> str:
    """An amount, such as `EUR 4,200.50`, in the signs of the other language; all else stays."""
    if not re.fullmatch(r"(?:[A-Z]{3} )?\d{1,3}(?:,\d{3})*(?:\.\d\d)?", held):
        return held
    return re.sub(_any(money), lambda sign: money[sign.group()], held)


def _any(phrases: Mapping[str, str]) -> str:
    return "|".join(re.escape(one) for one in sorted(phrases, key=len, reverse=True))
