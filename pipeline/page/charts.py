"""Charts as inline SVG: drawn by Altair and vl-convert, coloured by the page's own variables.

Nothing is fetched and nothing runs in the browser. Text is escaped by the renderer; the colours are
placeholders that become CSS variables, so that a chart follows light, dark and print.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

COLOURS = {
    "#010101": "var(--lead)",
    "#020202": "var(--complaint)",
    "#030303": "var(--idea)",
    "#040404": "var(--ink)",
    "#050505": "var(--muted)",
    "#060606": "var(--line)",
    "#070707": "var(--bad)",
}
"""What a chart is drawn with, to what the page shows."""
LEAD, COMPLAINT, IDEA, INK, MUTED, LINE, BAD = COLOURS
WIDTH, HEIGHT = 330, 150
Rows = Sequence[Mapping[str, Any]]


def by_day(rows: Rows, names: Sequence[str], colours: Sequence[str], name: str) -> str:
    """Stacked columns of `count` by `day`, in the order and colours of `kind`.

    Args:
        rows: `day` (text in order), `label` of the day, `kind` (one of `names`), `count`.
        names: what is stacked, from below.
        colours: a placeholder of `COLOURS` for each.
        name: prefix of the ids in the SVG: several stand on one page.
    """
    import altair as alt

    ordered = [{**row, "at": names.index(str(row["kind"])), "count": row["count"]} for row in rows]
    labels = {row["day"]: row["label"] for row in ordered}
    label = alt.Axis(
        labelExpr=f"({_js(labels)})[datum.value]", labelAngle=0, labelOverlap=True, ticks=False
    )
    steps = alt.Axis(tickCount=4, format="d", ticks=False)
    chart = (
        alt.Chart(_data(ordered))
        .mark_bar()
        .encode(
            x=alt.X("day:O", title=None, axis=label, scale=alt.Scale(paddingInner=0.25)),
            y=alt.Y("sum(count):Q", title=None, axis=steps),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(names), range=list(colours)),
                legend=alt.Legend(orient="top", title=None, symbolType="square"),
            ),
            order=alt.Order("at:Q"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
    return _svg(chart, name)


def bars(rows: Rows, name: str) -> str:
    """Lying bars with their numbers, in the order of the rows.

    Args:
        rows: `label`, `count`, `shown` (the number as text) and `colour` (a placeholder).
        name: prefix of the ids in the SVG.
    """
    import altair as alt

    most = max((row["count"] for row in rows), default=0) or 1
    base = alt.Chart(_data([dict(row) for row in rows])).encode(
        y=alt.Y(
            "label:N",
            sort=[row["label"] for row in rows],
            title=None,
            axis=alt.Axis(
                ticks=False, domain=False, labelLimit=150, labelFontSize=12, labelPadding=8
            ),
        ),
        x=alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, most * 1.25])),
    )
    drawn = base.mark_bar(height=16).encode(color=alt.Color("colour:N", scale=None))
    told = base.mark_text(align="left", dx=5, color=INK, fontSize=12).encode(text="shown:N")
    chart = (drawn + told).properties(
        width=WIDTH - 130, height=30 * max(len(rows), 1), padding={"left": 30, "right": 10}
    )
    return _svg(chart, name)


def _data(rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - Altair's own
    import altair as alt

    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _svg(chart: Any, name: str) -> str:  # noqa: ANN401 - any of Altair's charts
    import vl_convert

    axis = {
        "labelColor": MUTED,
        "domainColor": LINE,
        "gridColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 11,
    }
    configured = chart.configure(
        background="transparent",
        font="system-ui, sans-serif",
        axis=axis,
        axisX={"grid": False},
        axisY={"domain": False},
        view={"stroke": None},
        legend={"labelColor": INK, "labelFontSize": 12, "symbolStrokeWidth": 0},
    )
    svg = str(vl_convert.vegalite_to_svg(configured.to_dict(), allowed_base_urls=[]))
    svg = re.sub("|".join(COLOURS), lambda match: COLOURS[match[0]], svg)
    svg = re.sub(r'(\bid="|url\(#)', rf"\1{name}-", svg)
    return re.sub(r'^<svg[^>]*?width="(\d+)" height="\d+"', _open_tag, svg, count=1)


def _open_tag(match: re.Match[str]) -> str:
    """The figure around the chart says what it shows; the page gives it its width."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" width="{match[1]}"'


def _js(labels: Mapping[Any, str]) -> str:
    """An object for Vega's expressions. Days are digits and dashes, labels our own words."""
    import json

    return json.dumps({str(day): label for day, label in labels.items()})
