"""Who is away answers by machine, which makes nobody wait for us."""

from __future__ import annotations

from tests.conftest import Company

MAIL = """From a@example.nl Mon Nov  2 10:00:00 2026
From: {sender}
Date: {day} Nov 2026 10:00:00 +0000
Message-ID: <{name}>
In-Reply-To: <{before}>
Subject: Lamp
{headers}
{text}

"""


def mail(name: str, before: str, day: str, sender: str, text: str, headers: str = "") -> str:
    return MAIL.format(**locals())


def test_answer_of_who_is_away_is_kept_and_leaves_the_conversation_answered(
    company: Company,
) -> None:
    toml = company.folder / "engage.toml"
    text = toml.read_text(encoding="utf-8")
    ours = text.replace('"molenaar"', '"molenaar", "help@molenaar.example"', 1)
    toml.write_text(
        ours.replace('type = "jsonl"\npath = "shop.jsonl"', 'type = "mbox"\npath = "shop.mbox"'),
        encoding="utf-8",
    )
    (company.folder / "shop.mbox").write_text(
        mail("1", "", "Mon, 02", "ans@example.nl", "Mijn lamp flikkert.")
        + mail("2", "1", "Tue, 03", "help@molenaar.example", "Wij sturen een nieuwe.")
        + mail("3", "2", "Wed, 04", "ans@example.nl", "Ik ben er tot maandag niet.",
               "Auto-Submitted: auto-replied\n"),
        encoding="utf-8",
    )  # fmt: skip
    company.run("2026-11-02", "2026-11-06", stages=("listen", "assemble"))
    (conversation,) = company.rows("conversations")
    assert conversation["messages_count"] == 3
    assert (conversation["state"], conversation["written_again_at"]) == ("answered", None)
