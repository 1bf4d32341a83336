"""Texts that words are hard to find in, for the tests of this folder."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

WORDS = [
    "ik",
    "wil",
    "graag",
    "een",
    "offerte",
    "?",
    "the",
    "app",
    "crashes",
    "€",
    "10",
    "50",
    "%",
    "naïve",
    "istanbul",
    "straße",
    "!",
    "i",
    "²",
    "café",
    "wil_je",
    "quote",
    "dark",
    "mode",
    "please",
    "add",
]
ODD = (
    "İSTANBUL",
    "ΑΣ",
    "Straße",
    "é",
    "e\u0301",
    "½",
    "10²",
    "👩\u200d👩\u200d👧",
    "🙄",
    "\u200b",
    "\u200d",
    "\u202eabc",
    "שלום",
    "مرحبا",
    "你好",
    "नमस्ते",
    "𝐰𝐢𝐥",
    "\r\n",
    "\t",
    "\u00a0",
    "don't",
    "a_b",
    "１２",
)
text = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(ODD),
        # Letters that came into Unicode after this Python are no letters to it yet.
        st.text(max_size=4).filter(lambda one: all(unicodedata.category(c) != "Cn" for c in one)),
        st.sampled_from(["? ", ". ", "\n", "", " ", "…) "]),
    ),
    max_size=12,
).map(" ".join)
