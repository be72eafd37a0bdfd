"""The playbooks a customer is in, as data: each step, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.occurrence import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ptcrm.model.config import Playbook
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.schedule.playbooks import Run, StepRun

_STARTS = {"since": "when somebody becomes a customer (since)", "left": "when a customer leaves (left)"}


class NamedStep(NamedTuple):
    """A step of a run with the name one types: `after-sale/2`."""

    key: str
    run: Run
    step: StepRun


def named_steps(runs: Iterable[Run]) -> list[NamedStep]:
    """Every step of all runs, in the order of the days."""
    found = [NamedStep(f"{run.playbook}/{step.number}", run, step) for run in runs for step in run.steps]
    return sorted(found, key=lambda one: one.step.due)


def planned_days(plan: Iterable[Occurrence]) -> dict[str, date]:
    """The planned day of each step, by the step's name, from the plan of one customer."""
    return {one.origin.rpartition(" ")[0]: one.planned for one in plan if one.kind == "playbook"}


def step_what(step: StepRun) -> str:
    """`call: Is everything as hoped?`, or the channel alone."""
    return f"{step.channel}: {step.text}" if step.text else step.channel


def step_words(step: StepRun, planned: date | None, today: date) -> str:
    """What became of a step: `done: note on 2026-11-18`, `due 2026-11-30, planned 2026-12-01, lapses after …`."""
    by = step.by.text if step.by else ""
    if step.state == "open":
        return _open_words(step, planned, today)
    if step.state == "lapsed":
        return f"lapsed after {step.expires}"
    return f"taken over by {by}" if step.state == "follow-up" else f"{step.state}: {by}"


def _open_words(step: StepRun, planned: date | None, today: date) -> str:
    due = f"due since {step.due}" if step.due < today else f"due {step.due}"
    stands = f"planned {planned}" if planned else "no day found yet"
    ends = "" if step.expires == FOREVER else f", lapses after {step.expires}"
    return f"{due}, {stands}{ends}"


def starts_words(playbook: Playbook) -> str:
    """What starts the playbook: `starts with a sale in the log`."""
    return f"starts {_STARTS.get(playbook.starts) or f'with “{playbook.starts}” in the log'}"


def run_row(run: Run, planned: Mapping[str, date]) -> dict[str, object]:
    """A run with its steps as an object (the JSON of `playbook`; docs/json.md)."""
    return {
        "playbook": run.playbook,
        "began": run.began.isoformat(),
        "reason": run.trigger.text,
        "path": run.trigger.path,
        "line": run.trigger.line,
        "steps": [_step_row(one, planned.get(one.key)) for one in named_steps([run])],
    }


def _step_row(one: NamedStep, planned: date | None) -> dict[str, object]:
    step = one.step
    return {
        "step": one.key,
        "channel": step.channel,
        "text": step.text,
        "state": step.state,
        "due": step.due.isoformat(),
        "planned": planned.isoformat() if planned else None,
        "lapses": None if step.expires == FOREVER else step.expires.isoformat(),
        "reason": step.by.text if step.by else None,
        "path": step.by.path if step.by else None,
        "line": step.by.line if step.by else None,
    }
