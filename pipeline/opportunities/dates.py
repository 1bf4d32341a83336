"""The coming day that a text names: a date in words or figures, a weekday, so many days ahead."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.opportunities.extraction import places
from pipeline.opportunities.mentions import mentions
from pipeline.opportunities.numerals import few
from pipeline.text import LANGUAGES, any_of, last_days, terms

_YEAR, _PAST, _JUST = 365, 120, 14
"""Days of a year, how long ago a date without a year may be before it means the next one, and how
long where a word before it, such as "before", asks for a day to come."""
_BEGIN, _MIDDLE = 10, 15
"""Days of the month that are meant by its beginning and its middle."""
_MOST_PARTS = 4
"""Up to so many parts "3/4" is rather a share than a day of April."""
_ORDINAL = r"(?:e|ste|de|st|nd|rd|th)"
_IN_FIGURES = rf"\d{_ORDINAL}\b|\d[-/]\d|\d\.\d{{1,2}}\.\d"
_UNTIL = ("until_date", "until_first", "until_figures", "until_day")


def dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The coming day that each text names, a last day first: `dated` as written and `dated_on`.

    Args:
        rows: `message_id`, `text`, its mentions and `sent_on`.
    """
    lists = ("months", "months_short", "weekdays", "units")
    names = [mentions("date", name) for name in lists]
    hinted = rows.filter(pl.any_horizontal(*names, pl.col("text").str.contains(_IN_FIGURES)))
    found = (
        places(hinted.select("message_id", "sent_on", "text"), _pattern(), "dated")
        .with_columns(
            dated_on=pl.coalesce(
                pl.col("sent_on") + pl.duration(days=pl.coalesce(_days_of_span(), _to_weekday())),
                _day_of_week(),
                _named(),
                _in_figures(),
                _day_of_month(),
                _week_of_year(),
            )
        )
        # A phone number can begin as a date does; what is so every Tuesday is no date, and what
        # ended on a day has been.
        .filter(
            pl.col("dated_on") >= pl.col("sent_on"),
            pl.all_horizontal(pl.col("more", "habit", "week_of", "past").is_null()),
        )
        # "Before the 20th" is when to decide, "in January" rather when to use it.
        .sort(pl.coalesce(*_UNTIL).is_null(), "dated_on", maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
    )
    return found.select("message_id", pl.col("dated").str.strip_chars(" .\n\t"), "dated_on")


def _days_of_span() -> pl.Expr:
    number = pl.col("span").str.to_lowercase().str.extract(rf"\s({_number()})\s")
    count = pl.coalesce(
        number.cast(pl.Int64, strict=False),
        number.replace_strict(few(), default=None, return_dtype=pl.Int64),
    )
    unit = pl.col("span").str.to_lowercase().str.extract(r"\s(\p{L})\p{L}*['’]?(?:\s+time)?$")
    days = {"d": 1, "w": 7, "m": 30}
    return count * unit.replace_strict(days, default=None, return_dtype=pl.Int64)


def _named() -> pl.Expr:
    """The day of a month that is named: the next one, unless a year is."""
    months = _numbered("months") | _numbered("months_short")
    name = pl.coalesce("month", "month_first", "month_whole", "month_only").str.to_lowercase()
    month = name.replace_strict(months, default=None, return_dtype=pl.Int64)
    year = pl.coalesce("year", "year_first", "year_whole", "year_only").cast(pl.Int64)
    said = pl.col("dated")
    within = (
        pl.when(said.str.contains(any_of(terms("date", "begin"))))
        .then(_BEGIN)
        .when(said.str.contains(any_of(terms("date", "middle"))))
        .then(_MIDDLE)
    )
    said_day = pl.coalesce("day", "day_last", "day_whole").cast(pl.Int64)
    # There is no day 0: "version 2.0 may be out".
    day = pl.coalesce(pl.when(said_day > 0).then(said_day), within, 31)
    first = pl.date(year.fill_null(pl.col("sent_on").dt.year()), month, 1)
    last = first.dt.month_end().dt.day()
    meant = _coming(pl.date(first.dt.year(), month, pl.min_horizontal(day, last)), year)
    return pl.when((said_day > 0).fill_null(value=True)).then(meant)


def _in_figures() -> pl.Expr:
    """The day of "15-12-2026", "15/12", "2026-12-15"; what may be a range or a share is none."""
    parts = pl.col("figures").str.extract_groups(
        r"^(\d{1,2})([-/.])(\d{1,2})(?:[-/.](?:20)?(\d\d))?$"
    )
    one, other, year = (parts.struct[at].cast(pl.Int64) for at in ("1", "3", "4"))
    is_range = (parts.struct["2"] != "/") & (one <= other)
    is_share = ((one < other) & (other <= _MOST_PARTS)) | (pl.col("figures") == "24/7")
    day, month = pl.max_horizontal(one, other), pl.min_horizontal(one, other)
    is_american = other > 12
    written = pl.concat_str(
        (year + 2000).fill_null(pl.col("sent_on").dt.year()),
        pl.when(is_american).then(month).otherwise(other),
        pl.when(is_american).then(day).otherwise(one),
        separator="-",
    )
    # Without a year it is a date only where a word before it says so.
    is_bare = pl.col("dated").str.contains(r"^\d") & ~pl.col("figures").str.contains(r"20\d\d$")
    told = pl.when(~is_bare & (year.is_not_null() | ~(is_range | is_share))).then(written)
    return pl.coalesce(
        pl.col("iso").str.to_date("%Y-%m-%d", strict=False),
        _coming(told.str.to_date("%Y-%m-%d", strict=False), year),
    )


def _coming(meant: pl.Expr, year: pl.Expr) -> pl.Expr:
    """The next such day where no year is said."""
    ahead = (meant - pl.col("sent_on")).dt.total_days()
    asks = pl.coalesce(*_UNTIL).str.to_lowercase().is_in(terms("date", "latest"))
    past = pl.when(asks.fill_null(value=False)).then(_JUST).otherwise(_PAST)
    return (
        pl.when(year.is_null() & (ahead < -past))
        .then(meant.dt.offset_by("1y"))
        .when(year.is_null() & (ahead > _YEAR - _PAST))
        .then(meant.dt.offset_by("-1y"))
        .otherwise(meant)
    )


def _day_of_month() -> pl.Expr:
    """The day that only a number names, "by the 16th": in this month or the next."""
    sent_on, day = pl.col("sent_on"), pl.col("day_only").cast(pl.Int64, strict=False)
    first = sent_on.dt.month_start()
    first = pl.when(day < sent_on.dt.day()).then(first.dt.offset_by("1mo")).otherwise(first)
    return first + pl.duration(days=pl.when(day.is_between(1, 31)).then(day - 1))


def _week_of_year() -> pl.Expr:
    """The Sunday of the week that a number names, "in week 14": of this year, or of the next."""
    number = pl.col("week_number").cast(pl.Int64)
    year = pl.col("sent_on").dt.year()
    this, following = (_sunday(one, number) for one in (year, year + 1))
    is_long_ago = (this - pl.col("sent_on")).dt.total_days() < -_PAST
    return pl.when(number.is_between(1, 53)).then(
        pl.when(is_long_ago).then(following).otherwise(this)
    )


def _sunday(year: pl.Expr, week: pl.Expr) -> pl.Expr:
    """Of an ISO week: the fourth of January is in the first."""
    fourth = pl.date(year, 1, 4)
    return fourth + pl.duration(days=7 * week - fourth.dt.weekday())


def _to_weekday() -> pl.Expr:
    ahead = (_weekday("weekday") - pl.col("sent_on").dt.weekday()) % 7
    is_next = pl.col("dated").str.contains(any_of(terms("date", "next")))
    return pl.when(is_next & (ahead == 0)).then(7).otherwise(ahead)


def _day_of_week() -> pl.Expr:
    """The day of a week that is named, as "next week Tuesday"."""
    week = pl.coalesce("week", "week_last").str.to_lowercase().str.replace_all(r"\s+", " ")
    ahead = week.replace_strict(_weeks(), default=None, return_dtype=pl.Int64)
    sent_on, weekday = pl.col("sent_on"), pl.coalesce(_weekday("week_day"), _weekday("day_week"))
    return sent_on + pl.duration(days=7 * ahead + weekday - sent_on.dt.weekday())


def _weekday(column: str) -> pl.Expr:
    name = pl.col(column).str.to_lowercase()
    return name.replace_strict(_numbered("weekdays"), default=None, return_dtype=pl.Int64)


@cache
def _weeks() -> dict[str, int]:
    """Phrase for a week to how many weeks from now it is."""
    kinds = {f"week+{ahead}": ahead for ahead in range(3)}
    return {phrase: kinds[rule] for phrase, rule in last_days().items() if rule in kinds}


@cache
def _numbered(name: str) -> dict[str, int]:
    """Word to its number, for lists that count: months, weekdays."""
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms("date", name, language), 1)
    }


@cache
def _pattern() -> str:
    before, until, months, short, weekdays, following = (
        any_of(terms("date", name))
        for name in ("before", "until", "months", "months_short", "weekdays", "next")
    )
    article = rf"(?:(?:the|de|this|deze|{following})\s+)?"
    on_weekday = rf"(?:{weekdays}),?\s+(?:(?:the|de)\s+)?"
    # "In" is for hours to come in English and for hours gone in Dutch, so languages are not mixed.
    spans = "|".join(
        rf"(?:{any_of(terms('date', 'within', language))})\s+(?:{_number()})\s+"
        rf"(?:{any_of(terms('date', 'units', language))})(?:['’]\s+time)?"
        for language in LANGUAGES
    )
    weeks = any_of(_weeks())
    habit = rf"(?:{any_of(terms('date', 'habit'))})\s+(?:o[pn]\s+)?(?:{weekdays})"
    year = r"(?:,?\s+(?P<{}>20\d\d)\b)?"
    figures = r"\d{1,2}(?:[-/]\d{1,2}(?:[-/](?:20)?\d\d)?|\.\d{1,2}\.(?:20)?\d\d)"
    past = any_of(terms("date", "past"))
    return (
        rf"(?i)(?:(?P<past>{past})\s+(?:af\s+|uit\s+)?)?(?:(?P<habit>{habit})"
        rf"|(?P<span>{spans})"
        rf"|(?:(?:{until}|{before})\s+)?(?:(?P<week>{weeks})\s+(?:o[pn]\s+)?(?P<week_day>{weekdays})"
        rf"|(?P<day_week>{weekdays})\s+(?:of\s+|in\s+)?(?P<week_last>{weeks}))"
        rf"|(?:(?:(?P<until_date>{until})|{before})\s+)?{article}(?:{on_weekday})?"
        rf"\b(?P<day>\d{{1,2}}){_ORDINAL}?\s+(?:of\s+)?(?P<month>{months}|{short})\.?"
        rf"{year.format('year')}"
        rf"|(?:(?:(?P<until_first>{until})|{before})\s+{article}(?:{on_weekday})?|{on_weekday})"
        rf"(?P<month_first>{months}|{short})\.?\s+(?P<day_last>\d{{1,2}}){_ORDINAL}?\b"
        rf"{year.format('year_first')}"
        # Without such a word before it only a year makes it a date.
        rf"|\b(?P<month_whole>{months}|{short})\.?\s+(?P<day_whole>\d{{1,2}}){_ORDINAL}?"
        rf",?\s+(?P<year_whole>20\d\d)\b"
        rf"|(?:{until}|{before})\s+{article}(?P<month_only>{months}){year.format('year_only')}"
        rf"|(?:(?:(?P<until_figures>{until})|{before})\s+)?{article}(?:{on_weekday})?"
        rf"\b(?:(?P<iso>20\d\d-\d{{1,2}}-\d{{1,2}})|(?P<figures>{figures}))"
        rf"(?P<more>[-/.]?\d)?"
        # "Per week 14 euro" is no week, and English does not number them.
        rf"|(?:{any_of(one for one in terms('date', 'before', 'nl') if one != 'per')})"
        rf"\s+week\s+(?P<week_number>\d{{1,2}})\b(?P<week_of>\s+van\b)?"
        rf"|(?P<until_day>{until})\s+{article}(?:(?:{on_weekday})?"
        rf"(?P<day_only>\d{{1,2}}){_ORDINAL}\b|(?P<weekday>{weekdays})))"
    )


def _number() -> str:
    return rf"\d{{1,2}}|{any_of(few())}"
