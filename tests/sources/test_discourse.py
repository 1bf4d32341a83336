"""Topics of a Discourse forum."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources._html import text_of
from pipeline.sources.discourse import reading
from tests.sources.conformance import Facts, Sent, SourceConformance


class TestDiscourse(SourceConformance):
    """Topics of a Discourse forum."""

    type = "discourse"
    suffix = ".json"
    facts = Facts(
        records=13,
        duplicates=1,
        rejected={
            "topic_31.json#post_stream.posts[2]": "not_a_message",
            "topic_31.json#post_stream.posts[3]": "withdrawn",
            "topic_32.json#post_stream.posts[2]": "empty_text",
            "topic_32.json#post_stream.posts[3]": "not_an_object",
            "topic_33.json:9": "truncated",
            "topic_34.json:1": "not_a_topic",
        },
        replies={"611": "610", "614": "611", "623": "621"},
    )
    truncation_costs_the_file = True
    shows_raw = False

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        numbers = {one.id: number for number, one in enumerate(sent, 1)}
        posts = [
            {
                "id": int(one.id),
                "username": one.author,
                "created_at": one.time("%Y-%m-%dT%H:%M:%S.000Z"),
                "cooked": "<p>" + html.escape(one.text).replace("\n", "<br>\n") + "</p>",
                "post_number": number,
                "post_type": 1,
                "reply_to_post_number": one.reply_to and numbers.get(one.reply_to, 99),
                "topic_id": 7,
                "version": 1,
            }
            for number, one in enumerate(sent, 1)
        ]
        self.dump(path, posts)

    def dump(self, path: Path, posts: list[dict[str, Any]]) -> None:
        topic = {"id": 7, "title": "Deurbel", "post_stream": {"posts": posts}}
        path.write_text(json.dumps(topic, ensure_ascii=False), encoding="utf-8")

    def arrived(self, text: str) -> str:
        return text.replace("\u00a0", " ")

    def test_the_topic_is_the_thread_and_its_title_the_subject_of_the_first_post(self) -> None:
        posts = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert {posts[name]["thread_native_id"] for name in ("610", "611", "614")} == {"31"}
        assert posts["610"]["subject"] == "Plakbord valt steeds van de muur"
        assert posts["611"]["subject"] is None

    def test_likes_tags_and_edits_are_kept(self) -> None:
        posts = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert (posts["610"]["likes_count"], posts["611"]["likes_count"]) == (4, 0)
        assert '"tags":["muur"]' in posts["610"]["attributes"]
        assert posts["610"]["edited_at"] is None
        assert posts["611"]["edited_at"].minute == 45

    @pytest.mark.parametrize(
        ("posts", "closed"),
        [
            ("said solved closed", 2),
            ("said solved said closed", 4),
            ("said closed", 2),
            ("said closed opened said", None),
            ("said said", None),
        ],
    )
    def test_a_topic_is_closed_by_its_accepted_answer_or_a_notice(
        self, path: Path, posts: str, closed: int | None
    ) -> None:
        more = {
            "said": {},
            "solved": {"accepted_answer": True},
            "closed": {"post_type": 3, "action_code": "autoclosed.enabled"},
            "opened": {"post_type": 3, "action_code": "closed.disabled"},
        }
        self.dump(
            path,
            [
                {"id": at, "created_at": f"2026-11-03T0{at}:00:00Z", "cooked": "<p>Ja</p>"}
                | {"post_number": at, "topic_id": 7, **more[kind]}
                for at, kind in enumerate(posts.split(), 1)
            ],
        )
        found = {one["closed_at"] and one["closed_at"].hour for one in self.read(path).messages}
        assert found == {closed}

    def test_staff_of_the_forum_is_not_taken_for_the_company(self) -> None:
        posts = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert posts["621"]["is_agent"] is None

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            ({"hidden": True}, "hidden"),
            ({"user_deleted": True}, "user_deleted"),
            ({"deleted_at": "2026-11-04T00:00:00Z"}, "deleted_at"),
        ],
    )
    def test_a_post_that_was_taken_back_is_not_read(
        self, path: Path, change: dict[str, Any], column: str
    ) -> None:
        at = "2026-11-03T00:00:00Z"
        post = {"id": 1, "created_at": at, "cooked": "<p>Weg</p>", "post_number": 1, **change}
        self.dump(path, [post])
        rejected = self.read(path).rejected
        assert [(one["rule_id"], one["column"]) for one in rejected] == [("withdrawn", column)]

    def test_posts_that_are_no_objects_or_lack_everything_are_rejected_one_by_one(
        self, path: Path
    ) -> None:
        self.dump(path, [{}, None, {"id": {"a": 1}, "cooked": 5, "actions_summary": 3}])  # type: ignore[list-item]
        assert self.read(path).rules == ["missing_id", "not_an_object", "missing_time"]

    @pytest.mark.parametrize("twice", ['"cooked" : "Nee"', '"extra": {"a": 1, "a": true}'])
    def test_a_post_that_has_a_key_with_two_values_is_rejected(
        self, path: Path, twice: str
    ) -> None:
        self.write(path, [Sent("101", "Ja"), Sent("102"), Sent("103", 'Ja "ja": x')])
        text = path.read_text()
        same = '"cooked": "<p>Ja &quot;ja&quot;: x</p>"'
        assert same in text
        path.write_text(text.replace(same, f"{same}, {same}"))
        assert self.read(path).ids == ["101", "102", "103"]
        path.write_text(text.replace('"cooked": "<p>Ja</p>"', f'"cooked": "<p>Ja</p>", {twice}'))
        got = self.read(path)
        assert (got.ids, got.rules) == (["102", "103"], ["repeated_key"])
        (one,) = got.rejected
        assert one["origin"] == f"{path.name}#post_stream.posts[0]"
        assert one["column"] == ("cooked" if "cooked" in twice else "a")
        assert "noor" not in one["raw"]

    def test_a_topic_that_has_a_key_with_two_values_costs_its_posts(self, path: Path) -> None:
        self.write(path, [Sent("101"), Sent("102")])
        path.write_text(path.read_text().replace('"title"', '"title": "Sleutel", "title"'))
        got = self.read(path)
        assert (got.ids, got.rules) == ([], ["repeated_key", "repeated_key"])
        assert {one["column"] for one in got.rejected} == {"title"}

    def test_a_second_value_shows_beside_what_the_second_look_cannot_read(self, path: Path) -> None:
        self.write(path, [Sent("101", "Mooi @@", author="x"), Sent("102", author="y")])
        text = path.read_text().replace('"cooked"', '"cooked": "Nee", "cooked"')
        path.write_text(text.replace("@@", "\\ud83d"))
        assert self.read(path).rules == ["repeated_key", "repeated_key"]
        text = text.replace('"title"', f'"deep": {"[" * 990}{"]" * 990}, "title"')
        path.write_text(text)
        try:
            json.loads(text)
        except RecursionError:  # before Python 3.12
            assert self.read(path).ids == ["101", "102"]
        else:
            assert self.read(path).rules == ["repeated_key", "repeated_key"]

    def test_a_half_surrogate_costs_its_post_only(self, path: Path) -> None:
        self.write(path, [Sent("101", "Mooi @@"), Sent("102")])
        path.write_text(path.read_text().replace("@@", "\\ud83d"))
        got = self.read(path)
        assert (got.ids, got.rules) == (["102"], ["invalid_utf8"])


TEXTS = {
    "<p>a</p><p>b</p>": "a\n\nb",
    "<p>a<br>b<br><br>c</p>": "a\nb\n\nc",
    "<p>x &lt; y &amp;&nbsp;z &euro; &hellip; &#128690;</p>": "x < y & z € … 🚲",
    "<p>eerst\n  dan <strong>toen</strong>.</p>\n\n\n<p>slot</p>": "eerst dan toen.\n\nslot",
    "<ul><li>een</li><li>twee</li></ul>": "een\ntwee",
    "<pre><code>a\n  b\n\n\nc</code></pre><p>d</p>": "a\n  b\n\n\nc\n\nd",
    "<p>run <code>ls  -l</code> now</p>": "run ls -l now",
    "<aside class='quote'><div>x:</div><blockquote>oud</blockquote></aside><p>nieuw</p>": "nieuw",
    "<blockquote><p>oud</p></blockquote>nieuw": "nieuw",
    "<p><a class='mention' href='/u/x'>@x</a> hoi</p>": "@x hoi",
    "<p>zie <a href='https://a.example'>hier</a></p>": "zie hier",
    "<p>hoera <img class='emoji' alt=':tada:'></p>": "hoera :tada:",
    "<p><img src='a.png' alt='bord'></p>": "",
    "<aside class='onebox'><a href='https://a.example/b'>t</a><p>u</p></aside>": "https://a.example/b",
    "<p><a class='onebox' href='https://a.example/b'>a.example</a></p>": "a.example",
    "<details class='elided'><summary>···</summary><p>oud</p></details><p>nieuw</p>": "nieuw",
    "<details><summary>meer</summary><p>tekst</p></details>": "meer\n\ntekst",
    "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>": "a b\nc",
    "<p>open <b>niet <i>dicht</p><p>verder": "open niet dicht\n\nverder",
    "<script>x()</script><style>p{}</style><p>a</p>": "a",
    "<!-- niets --><p>a</p>": "a",
    "gewoon tekst": "gewoon tekst",
    "a\x00b": "ab",
    "": "",
    "   ": "",
}


@pytest.mark.parametrize(("markup", "text"), TEXTS.items())
def test_html_is_read_as_people_see_it(markup: str, text: str) -> None:
    assert text_of(markup, reading) == text


def test_html_of_great_depth_is_read() -> None:
    assert text_of("<div>" * 1_000 + "diep" + "</div>" * 1_000, reading) == "diep"
