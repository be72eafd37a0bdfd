"""Changes to a customer's file as edits of the spans they concern, and nothing else. Pure.

Every change goes through `amended`: the result is parsed again and may differ from the file before in its
target alone, else it is refused.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Write
from ptcrm.model.customer import Customer, FollowUp, LogEntry
from ptcrm.model.dates import Interval, later, parse_date
from ptcrm.model.diagnostic import Problem, Severity
from ptcrm.text.edits import Edit, apply_edits, drop_lines, line_after
from ptcrm.text.fold import slug
from ptcrm.text.frontmatter import Mapping, Scalar, Sequence
from ptcrm.text.source import Source, Span
from ptcrm.vault.emit import emit
from ptcrm.vault.log import BLOCK_ID, following
from ptcrm.vault.schema import FIELDS, Reading, read_customer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from ptcrm.text.frontmatter import Node
    from ptcrm.vault.log import LineReader
    from ptcrm.vault.schema import Field

_FIRST_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SIGN = re.compile("([📅📆🗓⏳⌛🛫]\ufe0f?[ \t]*)([0-9]{4}-[0-9]{2}-[0-9]{2})")
_CLOSED_PARTS = re.compile("[ \t]*(?:\\[done::[^\\]]*\\]|[✅❌]\ufe0f?[ \t]*[0-9-]{10})")
_LONGEST_STEM = 80  # bytes; leaves room for a number, below the 100 of an id
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}


def amended(reading: Reading, edits: list[Edit], target: set[str], reader: LineReader) -> Write:
    """The change that `edits` make to the file just read; raises `RefusedError` unless only `target` differs.

    `target` are names of `Customer`'s fields. Links may come and go with the text that holds them.
    """
    source = reading.document.source
    if reading.customer is None or reading.document.conflicts:
        raise RefusedError(f"{source.path}: {_why_not(reading)} Nothing was written.")
    after = Source(source.path, apply_edits(source.text, edits), source.bom)
    new = read_customer(after, reader)
    changed = {
        field.name
        for field in fields(Customer)
        if field.compare
        and (
            new.customer is None or getattr(new.customer, field.name) != getattr(reading.customer, field.name)
        )
    }
    errors = [one.message for one in new.diagnostics if one.severity is Severity.ERROR]
    if not changed <= {*target, "links"} or len(errors) > _errors(reading):
        beside = ", ".join(sorted(changed - target)) or "; ".join(errors)
        raise RefusedError(
            f"{source.path}: this would change more than was asked ({beside}). Nothing was written."
        )
    if not target & {"log", "follow_ups"} <= changed:
        hint = "Perhaps a code fence (```) is open."
        raise RefusedError(
            f"{source.path}: the new line would not be read as one. {hint} Nothing was written."
        )
    return Write(source.path, source.content, after.content)


def _errors(reading: Reading) -> int:
    return sum(one.severity is Severity.ERROR for one in reading.diagnostics)


def _why_not(reading: Reading) -> str:
    worst = next((one for one in reading.diagnostics if one.severity is Severity.ERROR), None)
    if worst is None:
        return "the file is no customer's."
    return f"the file has to be put right first: line {worst.line}: {worst.message}."


# Fields


def set_field(reading: Reading, field: Field, values: list[str]) -> list[Edit]:
    """The edits that give `field` these values (one, if it takes no list); no value takes the field away."""
    root = _block_root(reading)
    found = [(key, node) for key, node in root.pairs if key.value == field.name]
    path = reading.document.source.path
    if len(found) > 1:
        raise RefusedError(
            f"{path}: “{field.name}” stands twice; keep one of them first. Nothing was written."
        )
    if not found:
        return _add_key(reading, field, values) if values else []
    key, node = found[0]
    if not values:
        return [drop_lines(reading.document.source.text, key.span.start, node.span.end)]
    is_link = node.span.of(reading.document.source.text).startswith("[[")
    if isinstance(node, Sequence) and field.many and not is_link:
        return _set_list(reading.document.source, node, field, values)
    if isinstance(node, (Mapping, Sequence)) and not _is_one_line(reading, node):
        return [
            drop_lines(reading.document.source.text, key.span.start, node.span.end),
            *_add_key(reading, field, values),
        ]
    return [_replace_value(key, node, _inline(field, values))]


def _block_root(reading: Reading) -> Mapping:
    root = reading.document.root
    path = reading.document.source.path
    if root is None:
        raise RefusedError(f"{path}: {_why_not(reading)} Nothing was written.")
    if root.flow:
        raise RefusedError(
            f"{path}: the front matter is written in braces; change it by hand. Nothing was written."
        )
    return root


def _is_one_line(reading: Reading, node: Node) -> bool:
    return "\n" not in node.span.of(reading.document.source.text)


def _replace_value(key: Scalar, node: Node, text: str) -> Edit:
    """Put `text` in the place of a value; an empty value stands right after the colon."""
    if isinstance(node, Scalar) and node.span.start == node.span.end:
        return Edit(Span(key.span.end + 1, key.span.end + 1), f" {text}")
    return Edit(node.span, text)


def _add_key(reading: Reading, field: Field, values: list[str]) -> list[Edit]:
    """A new last line, or lines, of the front matter, indented as its keys are."""
    document = reading.document
    end = document.yaml.end
    indent, eol = document.indent, document.source.line_end_near(end)
    return [Edit(Span(end, end), "".join(f"{indent}{line}{eol}" for line in _key_lines(field, values)))]


def _key_lines(field: Field, values: list[str]) -> list[str]:
    """A field's lines as the program begins them: a list below its key, or in brackets if it is a `flow` one."""
    if field.many and not field.flow:
        return [f"{field.name}:", *(f"  - {emit(value, field)}" for value in values)]
    if field.many:
        return [f"{field.name}: [{', '.join(emit(value, field, flow=True) for value in values)}]"]
    return [f"{field.name}: {_inline(field, values)}"]


def _inline(field: Field, values: list[str]) -> str:
    if field.many and len(values) > 1:
        return f"[{', '.join(emit(value, field, flow=True) for value in values)}]"
    return emit(" ".join(values), field)


def _set_list(source: Source, node: Sequence, field: Field, values: list[str]) -> list[Edit]:
    """Change the members that differ; those that are the same at either end keep their place and comments."""
    text = source.text
    old = [item.value if isinstance(item, Scalar) else item.span.of(text) for item in node.items]
    head = _common(old, values)
    tail = _common(old[head:][::-1], values[head:][::-1])
    new = values[head : len(values) - tail]
    gone = node.items[head : len(old) - tail]
    if node.flow:
        if not node.items:
            return [Edit(node.span, f"[{', '.join(emit(value, field, flow=True) for value in values)}]")]
        return _set_flow(node, head, gone, [emit(value, field, flow=True) for value in new])
    eol = source.line_end_near(node.span.start)
    first = node.items[0].span.start
    lead = text[text.rfind("\n", 0, first) + 1 : first]
    lines = [f"{lead}{emit(value, field)}" for value in new]
    edits = [Edit(item.span, line[len(lead) :]) for item, line in zip(gone, lines, strict=False)]
    edits += [drop_lines(text, item.span.start, item.span.end) for item in gone[len(new) :]]
    if len(new) > len(gone):
        before = gone[-1] if gone else (node.items[head - 1] if head else None)
        at = line_after(text, before.span.end) if before else text.rfind("\n", 0, first) + 1
        edits.append(Edit(Span(at, at), "".join(f"{line}{eol}" for line in lines[len(gone) :])))
    return edits


def _set_flow(node: Sequence, head: int, gone: tuple[Node, ...], new: list[str]) -> list[Edit]:
    """Change members of a list in brackets, with their commas."""
    items = node.items
    if gone and new:
        return [Edit(Span(gone[0].span.start, gone[-1].span.end), ", ".join(new))]
    if gone and head:
        return [Edit(Span(items[head - 1].span.end, gone[-1].span.end), "")]
    if gone:
        return [Edit(Span(gone[0].span.start, items[len(gone)].span.start), "")]
    if not new:
        return []
    if head:
        at = items[head - 1].span.end
        return [Edit(Span(at, at), "".join(f", {value}" for value in new))]
    at = items[0].span.start
    return [Edit(Span(at, at), "".join(f"{value}, " for value in new))]


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def new_customer(
    values: dict[str, list[str]], folder: str, is_taken: Callable[[str], bool]
) -> tuple[str, bytes]:
    """Path and content of a new customer's file in `folder`, with an id that is not taken."""
    name = values["name"][0]
    if "id" not in values:
        values = {"id": [_free_id(name, is_taken)], **values}
    elif is_taken(values["id"][0]):
        raise RefusedError(
            f"There is a customer with the id “{values['id'][0]}” already. Nothing was written."
        )
    lines = [
        line for field in FIELDS if values.get(field.name) for line in _key_lines(field, values[field.name])
    ]
    content = "\n".join(["---", *lines, "---", "", "## Log", ""])
    return f"{folder}/{values['id'][0]}.md", content.encode()


def _free_id(name: str, is_taken: Callable[[str], bool]) -> str:
    stem = slug(name)
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    if not stem or stem in RESERVED:
        stem = f"customer-{stem}".rstrip("-")
    numbered = (f"{stem}-{number}" for number in count(2))
    return stem if not is_taken(stem) else next(one for one in numbered if not is_taken(one))


# The log


def entry_line(day: date, words: str) -> str:
    """A log entry's line without its bullet; `words` begin with the channel's part or the colon."""
    return f"{day}{'' if words.startswith(':') else ' '}{words}"


def append_entry(reading: Reading, line: str) -> list[Edit]:
    """The edits that add a log entry: above if the first entry is newest or that cannot be told, else below.

    Bullet, indentation and line end are those of the neighbour; without a log, `## Log` is added at the end.
    """
    document = reading.document
    source, text = document.source, document.source.text
    eol = source.line_end_near(len(text))
    if not document.logs:
        gap = "" if not text or text.endswith("\n") else eol
        blank = "" if text.endswith(("\n\n", "\r\n\r\n")) else eol
        return [Edit(Span(len(text), len(text)), f"{gap}{blank}## Log{eol}{eol}- {line}{eol}")]
    log = document.logs[0]
    entries = [entry for entry in _log(reading) if log.start <= entry.span.start < log.end]
    if not entries:
        return [_first_entry(source, log, line)]
    first, last = entries[0], entries[-1]
    if first.date >= last.date:
        eol = source.line_end_near(first.span.start)
        return [Edit(Span(first.span.start, first.span.start), f"{_lead(text, first.span)}{line}{eol}")]
    eol = source.line_end_near(last.span.end)
    return [Edit(Span(last.span.end, last.span.end), f"{eol}{_lead(text, last.span)}{line}")]


def _log(reading: Reading) -> tuple[LogEntry, ...]:
    return reading.customer.log if reading.customer else ()


def _first_entry(source: Source, log: Span, line: str) -> Edit:
    """The first entry under a heading: a blank line before it, and one after it if text follows.

    Indented text would become part of the entry, so there the entry comes last.
    """
    at, text, eol = log.start, source.text, source.line_end_near(log.start)
    if text[at:].lstrip("\r\n").startswith((" ", "\t")):
        content = log.of(text).rstrip()
        if not content:
            place = f"{source.path}:{source.position(at).line}"
            raise RefusedError(f"{place}: the text below the log's heading is indented. Nothing was written.")
        return Edit(Span(at + len(content), at + len(content)), f"{eol}{eol}- {line}")
    before = "" if at == 0 or text[at - 1] == "\n" else eol
    following_line = text[at : line_after(text, at)]
    if following_line and not following_line.strip():
        at += len(following_line)
        return Edit(Span(at, at), f"- {line}{eol}{eol if text[at:].strip() else ''}")
    return Edit(Span(at, at), f"{before}{eol}- {line}{eol}{eol if following_line else ''}")


def _lead(text: str, span: Span) -> str:
    """The indentation, bullet and blanks that an item's first line begins with."""
    found = re.compile(r"[ \t]*[-*+][ \t]+").match(text, span.start)
    return found[0] if found else "- "


# Follow-ups


def tick(reading: Reading, task: FollowUp, day: date) -> list[Edit]:
    """The edits that close a follow-up on `day`; a repeating one gets its next line above.

    An implied one, which has no line yet, gets a closed line as well.
    """
    source, text = reading.document.source, reading.document.source.text
    line = task.span.of(text)
    eol = source.line_end_near(task.span.start)
    start = Span(task.span.start, task.span.start)
    if task.implied:
        opened = _with_date(_open_line(line, task), task.due)
        closed = f"{opened.replace('[ ]', '[x]', 1)} [done:: {day}]"
        coming = _next_line(line, task, day)
        return [Edit(start, f"{coming}{eol}{closed}{eol}")]
    block = BLOCK_ID.search(line)
    at = task.span.start + (block.start() if block else len(line.rstrip()))
    edits = [Edit(Span(task.box, task.box + 1), "x"), Edit(Span(at, at), f" [done:: {day}]")]
    return [Edit(start, f"{_next_line(line, task, day)}{eol}"), *edits] if task.every else edits


def _next_line(line: str, task: FollowUp, day: date) -> str:
    """The line of the follow-up that comes after `task` is closed on `day`."""
    coming = following(replace(task, mark="done", done=day))
    return _with_date(_open_line(line, task), coming.due)


def _open_line(line: str, task: FollowUp) -> str:
    """The task's line as it is when open: an empty box, no word of when it was done, no block id."""
    at = task.box - task.span.start
    opened = f"{line[:at]} {line[at + 1 :]}"
    return BLOCK_ID.sub("", _CLOSED_PARTS.sub("", opened)).rstrip()


def _with_date(line: str, day: date) -> str:
    """The line for another day: the dates of its signs 📅 ⏳ 🛫 move together, else the first date is replaced."""
    due = next(
        (found for sign in ("📅📆🗓", "⏳⌛") for found in _SIGN.finditer(line) if found[1][0] in sign), None
    )
    old = parse_date(due[2]) if due else None
    if not isinstance(old, date):
        return _FIRST_DATE.sub(str(day), line, count=1)
    return _SIGN.sub(lambda found: f"{found[1]}{_moved(found[2], day - old)}", line)


def _moved(written: str, by: timedelta) -> str:
    day = parse_date(written)
    return written if isinstance(day, Problem) else str(later(day, Interval(days=by.days)))
