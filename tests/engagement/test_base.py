"""What holds for every target: pure, each row once, nothing of a customer's is more than text."""

from __future__ import annotations

import orjson
import pytest

from pipeline.engagement.base import Letter, Request, target_of, targets
from pipeline.errors import SettingsError
from tests.engagement.offered import HOSTILE, built, context, strings, table

GIVEN = {
    "address": "https://desk.example",
    "address_env": "DESK_URL",
    "token_env": "DESK_TOKEN",
    "user": "bot@molenaar.example",
    "project": "molenaar/ideas",
    "sender": "engage@molenaar.example",
    "recipients": ("desk@molenaar.example",),
}
EACH = [(name, held) for name, target in targets().items() for held in target.tables]


def needed(name: str) -> dict[str, object]:
    return {key: GIVEN[key] for key in targets()[name].needs}


def test_targets_are_found_by_their_file_names() -> None:
    assert set(targets()) == {
        *("csv", "xlsx", "slack", "teams", "mattermost", "mail", "webhook"),
        *("hubspot", "salesforce", "jira", "github"),
    }


@pytest.mark.parametrize(("name", "held"), EACH)
def test_each_row_is_told_once_and_the_same_rows_make_the_same_payloads(
    name: str, held: str
) -> None:
    key = context(name, held, **needed(name)).id_column
    rows = table(held, *({key: f"{held}:{at:02}"} for at in range(45)))
    first, second = (built(name, rows, held, **needed(name)) for _ in range(2))
    assert first == second
    if not targets()[name].is_file:
        told = [row_id for payload in first for row_id in payload.row_ids]
        assert told == rows[key].to_pylist()
        assert len({payload.key for payload in first}) == len(first)


@pytest.mark.parametrize(("name", "held"), EACH)
def test_nothing_that_a_customer_wrote_rings_anybody_or_turns_text_around(
    name: str, held: str
) -> None:
    texts = {"leads": "snippet", "complaints": "snippet", "ideas": "sentence"}
    hostile: dict[str, object] = {texts.get(held, "title"): HOSTILE}
    if held == "idea_themes":
        hostile["examples"] = [HOSTILE, ""]
    if held == "alerts":
        hostile = {"words": [HOSTILE], "subject": HOSTILE}
    for payload in built(name, table(held, hostile), held, **needed(name)):
        content = payload.content
        if isinstance(content, Letter):
            assert "\r" not in content.subject
            assert "\n" not in content.subject
            assert "Bcc" not in content.subject
        elif isinstance(content, Request) and name != "webhook":  # which hands on the row as it is
            said = "\n".join(strings(orjson.loads(content.body)))
            assert "\u202e" not in said
            if name in ("slack", "teams", "mattermost"):
                assert "@here" not in said
                assert "@all" not in said
            if name in ("slack", "mattermost", "hubspot"):
                assert "<b>" not in said
                assert "<!channel>" not in said


@pytest.mark.parametrize("name", targets())
def test_setting_that_a_target_needs_and_lacks_is_named(name: str) -> None:
    for key in targets()[name].needs:
        rest = {other: value for other, value in needed(name).items() if other != key}
        with pytest.raises(SettingsError, match=f"needs the setting {key}"):
            target_of(context(name, targets()[name].tables[0], **rest).delivery)


def test_mail_server_may_ask_who_writes() -> None:
    asked = needed("mail") | {"user": "molenaar", "token_env": "MAIL_PASSWORD"}
    assert target_of(context("mail", **asked).delivery) is targets()["mail"]


def test_setting_that_a_target_has_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="slack has no setting project"):
        target_of(context("slack", address_env="A", project="X").delivery)


def test_type_and_table_that_are_none_are_answered_with_the_choices() -> None:
    with pytest.raises(SettingsError, match="no delivery type 'slakc'") as caught:
        target_of(context("slakc").delivery)
    assert "did you mean 'slack'?" in caught.value.mend
    with pytest.raises(SettingsError, match="jira takes no rows of leads") as caught:
        target_of(context("jira", **needed("jira")).delivery)
    assert caught.value.mend == "choose one of: idea_themes"


def test_key_is_of_delivery_table_row_and_version_and_of_nothing_else() -> None:
    one = context("slack", address_env="A")
    assert one.key("lead:1") == context("mail", language="nl").key("lead:1")
    other = {one.key("lead:2"), context("slack", "ideas").key("lead:1")}
    assert one.key("lead:1") not in other
    assert len(one.key("lead:1")) == 64
