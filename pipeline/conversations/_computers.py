"""Addresses of computers on the internet, and what is written like one: versions and chapters."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache

from pipeline.conversations._number_words import BEFORE, any_cue, is_of
from pipeline.conversations._numbers import Place, around

LONGEST_IP = len("2a02:1234:1234:1234:1234:1234:1234:1234")
IP_GATE = r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|:[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:"
_NOBODYS = tuple(
    map(
        ipaddress.ip_network,
        # Nowhere, at home, many at once (also masks); and the same of the longer ones.
        ("0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "fc00::/7"),
    )
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])")


def addresses(text: str, start: int, end: int) -> Iterator[Place]:
    """Addresses of computers; those of a network at home are nobody's."""
    for found in _IPV4.finditer(text, *around(start, end)):
        if _is_public(found[0]) and not _is_version(text, found):
            yield found.span()
    for found in _IPV6.finditer(text, max(0, start - LONGEST_IP), end + LONGEST_IP):
        if found[0].count(":") > 2 and re.search(r"\d", found[0]) and _is_public(found[0]):
            yield found.span()


def _is_version(text: str, found: re.Match[str]) -> bool:
    """Tell whether the words around four numbers say that they are of software.

    Behind them these are too few where the words before speak of an address.
    """
    if is_of("versions", text, found.start()):
        return True
    before = text[max(0, found.start() - BEFORE) : found.start()]
    return bool(_of_software().match(text, found.end())) and not _of_network().search(before)


@cache
def _of_software() -> re.Pattern[str]:
    whose = r"(?:de|het|mijn|jullie|je|uw|onze|the|my|your|our|their)"
    linked = rf"(?:(?:van|voor|of|for) (?:{whose} )?(?:[\w-]+ )?)?"
    return re.compile(rf"(?i) ?\(?{linked}(?:{any_cue('software')})(?!\w)")


@cache
def _of_network() -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![a-z])(?:{any_cue('networks')})")


def _is_public(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    if re.fullmatch(r"\d(?:\.\d){3}", written):
        # A chapter, or one of the few that everybody knows.
        return False
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return False
    return not any(address in network for network in _NOBODYS)
