"""Other Python programs read a customer as ptcrm does: `ptcrm.frontmatter_handler` for python-frontmatter."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import frontmatter
import pytest

import ptcrm
from ptcrm.errors import PtcrmError, RefusedError, UnreadableError
from ptcrm.model.config import Config
from ptcrm.text.source import Source
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import FIELDS, read_customer
from ptcrm.views.customer import field_values
from tests.conftest import ROOT, SAMPLE
from tests.test_customers import ANNA

HANDLER = ptcrm.frontmatter_handler


def fields(front_matter: str) -> dict[str, object]:
    return frontmatter.loads(f"---\n{front_matter}\n---\n", handler=HANDLER).metadata


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("name: No", "No"),
        ("owner: 007", "007"),
        ("phones: +48600100200", ["+48600100200"]),
        ("tags: bike-shop", ["bike-shop"]),
        ("company: [[rowery-kowalska]]", "rowery-kowalska"),
        ("since: 2021-03-02 10:00", "2021-03-02"),
        ("birthday: --0517", "--05-17"),
        ("occasions: {wedding: 2012-09-01}", ["wedding 2012-09-01"]),
        ("cadence: 6W", "6 weeks"),
        ("do_not_contact: yes", True),
        ("do_not_contact: false", False),
        ("shoe size: 42", "42"),
        ("bikes: [Gazelle, 3]", "Gazelle, 3"),
    ],
)
def test_a_value_is_what_its_field_says(written: str, read: object) -> None:
    assert fields(written) == {written.partition(":")[0]: read}


@pytest.mark.parametrize(
    "nothing", ["", "name:", "tags: []", "kind: ''", "own:", "birthday: 05-06", "# name: x"]
)
def test_what_is_not_given_is_not_there(nothing: str) -> None:
    assert fields(nothing) == {}


def test_what_follows_from_a_field_is_not_given() -> None:
    assert fields("left: 2026-06-30") == {"left": "2026-06-30"}


@pytest.mark.parametrize("path", sorted((SAMPLE / "customers").rglob("*.md")), ids=lambda path: path.stem)
def test_every_sample_customer_is_read_as_ptcrm_reads_it(path: Path) -> None:
    post = frontmatter.load(path, handler=HANDLER)
    reading = read_customer(Source.decode(path.name, path.read_bytes()), LineReader.of(Config()))
    assert reading.customer is not None
    whole = field_values(reading.customer)
    assert post.metadata == {name: whole[name] for name in post.metadata}
    own = {name for name, _ in reading.customer.own}
    assert set(post.metadata) - {field.name for field in FIELDS} == own
    body = reading.document.source.text[reading.document.body :]
    assert post.content == body.replace("\r\n", "\n").strip()


@pytest.mark.parametrize("text", [ANNA, ANNA.replace("\n", "\r\n"), f"\ufeff{ANNA}", ANNA.rstrip("\n")])
def test_line_ends_and_a_byte_order_mark_change_nothing(text: str, tmp_path: Path) -> None:
    path = tmp_path / "anna.md"
    path.write_bytes(text.encode())
    post = frontmatter.load(path, handler=HANDLER)
    expected = frontmatter.loads(ANNA, handler=HANDLER)
    assert (post.metadata, post.content) == (expected.metadata, expected.content)
    assert frontmatter.loads(text, handler=HANDLER).metadata == expected.metadata
    assert post["name"] == "Anna Kowalska"
    assert post.content.startswith("Met at the Gdańsk fair.")


def test_a_fence_is_three_dashes_alone() -> None:
    post = frontmatter.loads("---\nname: Anna\nnorms: |\n  ----\n---\n\n---\nnotes\n", handler=HANDLER)
    assert post.metadata == {"name": "Anna", "norms": "----"}
    assert post.content == "---\nnotes"


@pytest.mark.parametrize("text", ["A note.", "----\nname: Anna\n----\n", "\ufeffA note.", ""])
def test_a_note_has_no_fields(text: str) -> None:
    post = frontmatter.loads(text, handler=HANDLER)
    assert post.metadata == {}
    assert post.content == text.removeprefix("\ufeff").strip()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("---\nname: Anna\n", "line 1: the front matter opens here and never closes."),
        ("---\nname: &who Anna\n---\n", "line 2: YAML anchors (&) and aliases (*) are not read."),
        ("---\nname: !!str Anna\n---\n", "line 2: YAML tags (!) are not read."),
        ("---\n<<: {name: Anna}\n---\n", "line 2: YAML merge keys (<<) are not read."),
        ("---\nname: Anna\nname: Jan\n---\n", "line 3: “name” stands here and on line 2."),
        ("---\nname: [Anna\n---\n", "line 3: a list in brackets does not close."),
        ("---\n- Anna\n---\n", "line 2: the front matter is no list of `key: value` lines"),
        ("---\nname: Anna\nid: a/b\n---\n", "line 3: an id must not hold “/”."),
        ("---\n<<<<<<< ours\nname: A\n=======\nname: B\n>>>>>>> theirs\n---\n", "line 2: two versions wait"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, why: str) -> None:
    for given in (text, f"\ufeff{text}", text.replace("\n", "\r\n")):
        with pytest.raises(UnreadableError) as caught:
            frontmatter.loads(given, handler=HANDLER)
        assert str(caught.value).startswith(why)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, PtcrmError)


def test_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "anna.md"
    path.write_text(ANNA, encoding="utf-8")
    post = frontmatter.load(path, handler=HANDLER)
    with pytest.raises(RefusedError, match="ptcrm set"):
        frontmatter.dump(post, path)
    assert path.read_text(encoding="utf-8") == ANNA


def test_it_can_tell_a_customer() -> None:
    assert HANDLER.detect(ANNA)
    assert HANDLER.detect(f"\ufeff{ANNA}")
    assert not HANDLER.detect("A note.")


def test_importing_ptcrm_stays_light() -> None:
    script = "import sys, ptcrm; print({'frontmatter', 'yaml', 'click', 'ptcrm.handler'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
    with pytest.raises(AttributeError, match="no attribute 'handler_of_frontmatter'"):
        ptcrm.handler_of_frontmatter  # type: ignore[attr-defined]  # noqa: B018


def test_the_page_is_true(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample)
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8").replace("```", "")
    found = doctest.DocTestParser().get_doctest(text, {}, "python.md", "python.md", 0)
    assert len(found.examples) > 5
    assert doctest.DocTestRunner().run(found).failed == 0
