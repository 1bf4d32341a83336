"""Train a challenger every week, ask a person, and put it in the place of the champion.

Reads: the corpora, the sets in `detection.labelled`, the frozen sets, `labels` and `outcomes`.
Writes: `models/sets/`, and `models/lineage.json`, which says which models are in use.
Re-run: safe: the same text gives the same set, promoted once. Undo: `engage rollback`.
Triage: nothing new to learn, or no better set, skips the rest; no answer in six days is a no.
Owner: data-science
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import CronTriggerTimetable, chain, dag, task
from engage_runs import DEFAULTS


@dag(
    schedule=CronTriggerTimetable("0 4 * * 1", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS | {"owner": "data-science"},
    tags=["engage", "schedule:weekly", "writes:models"],
    doc_md=__doc__,
)
def learning() -> None:
    """Train, compare, ask, promote; the first time next Monday: `run_immediately` is no time."""

    @task.short_circuit
    def challenge() -> str:
        from pipeline import learning, settings

        return learning.challenge_by(settings.load(), say=print)

    @task.short_circuit
    def compare(name: str) -> str:
        from pipeline import learning, settings

        return learning.proposal(settings.load(), name, say=print)

    def answer(name: str, *, is_yes: bool) -> None:
        from pipeline import learning, settings

        learning.answer(settings.load(), name, is_yes=is_yes)

    approve = ApprovalOperator(
        task_id="approve",
        subject="Promote the models {{ ti.xcom_pull(task_ids='challenge') }}?",
        body="{{ ti.xcom_pull(task_ids='compare') }}",
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(days=6),
    )
    name: str = challenge()  # type: ignore[assignment]
    promote = task(task_id="promote")(answer)(name, is_yes=True)
    remember = task(task_id="remember", trigger_rule="none_failed")(answer)(name, is_yes=False)
    chain(compare(name), approve, promote, remember)


learning()
