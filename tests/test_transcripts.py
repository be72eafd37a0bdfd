"""Each command at work on the sample vault at its frozen day: what a terminal shows, to the letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ptcrm.cli import COMMANDS
from tests.conftest import DAY, SAMPLE, Golden, MakeVault, Run

TRANSCRIPTS: dict[str, list[list[str]]] = {
    "glance": [[]],
    "due": [["due"], ["due", "--until", "friday"]],
    "year": [["agenda", "--weeks", "53"]],
    "plan": [["plan"], ["neglected"], ["playbook", "kim-seo-yeon"], ["playbook", "ipek"]],
    "birthdays": [["birthdays"], ["birthdays", "--until", "in 3 months"]],
    "list": [
        ["list"],
        ["list", "tier:gold", "--columns", "name,phones,birthday,last", "--sort", "-last"],
        ["list", "--group-by", "tier", "--sort", "state,name", "--limit", "12"],
        ["list", "tier:gold", "--format", "{name} <{emails[0]}>"],
        ["list", "tier:gold", "--tsv", "--columns", "id,name,tags"],
    ],
    "find": [["find", "gear"], ["find", "bike", "tag:fleet", "--limit", "2"], ["find", "zimt"]],
    "timeline": [["timeline", "--limit", "12"], ["timeline", "tier:gold", "--channel", "sale"]],
    "counts": [["tags"], ["fields"], ["stats"], ["stats", "tier:gold"]],
    "show": [["show", "katrin"], ["show", "yamada-taro"], ["show", "ipek"]],
    "brief": [["brief", who] for who in ("katrin", "ipek", "yamada-taro", "hotel", "hostel", "marek")],
    "why": [
        ["why", "ipek"],
        ["why", "svenja"],
        ["why", "dieter"],
        ["why", "fiete"],
        ["why", "lotte"],
        ["why", "kim-seo-yeon"],
        ["why", "hostel"],
    ],
    "check": [["check"]],
    "help": [
        ["--help"],
        *([command, "--help"] for command in COMMANDS if command != "add"),
        ["export", "ics", "--help"],
        *(["export", command, "--help"] for command in ("vcard", "csv", "jsonl", "sqlite", "print")),
        *(["feed", command, "--help"] for command in ("list", "url", "rotate", "qr")),
        *(["git", command, "--help"] for command in ("setup", "remove")),
    ],
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcript(name: str, run: Run, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(SAMPLE)
    shown = []
    for call in TRANSCRIPTS[name]:
        result = run("--vault", SAMPLE, "--today", DAY, *call)
        assert result.exit_code == 0
        words = [f'"{word}"' if " " in word else word for word in call]
        shown.append(f"$ {' '.join(['ptcrm', *words])}\n{result.stdout}{result.stderr}")
    golden(f"{name}.txt", "\n".join(shown))


def test_the_morning_of_writing(run: Run, sample: object, golden: Golden) -> None:
    """A morning's work: contacts noted, follow-ups closed, a customer snoozed, one added."""
    calls = [
        ["log", "tomasz", "call: Rides again since Friday #knee"],
        ["log", "rowan,", "jule", "event: Came to the evening with lugs"],
        ["log", "--group", "tag:courier", "event: Autumn ride"],
        ["log", "katrin", "visit (value): Brought the lease tables", "--date", "yesterday"],
        ["done", "katrin", "--log", "They lease all four"],
        ["done", "hotel", "1"],
        ["snooze", "rowan", "next", "monday"],
        ["set", "greta", "tier", "silver"],
        ["set", "thies", "tags", "ferry", "cargo-bike"],
        [
            "add",
            "Zoë Łuczak",
            "--company",
            "baeckerei-yilmaz",
            "--birthday",
            "--05-03",
            "--phone",
            "+44 7700 900999",
        ],
        ["show", "zoe luczak"],
        ["due"],
        ["check"],
    ]
    shown = []
    for call in calls:
        result = run("--vault", sample, "--today", DAY, *call)
        words = [f'"{word}"' if " " in word else word for word in call]
        shown.append(f"$ {' '.join(['ptcrm', *words])}\n{result.stdout}{result.stderr}")
        assert result.exit_code == 0, shown[-1]
    golden("morning.txt", "\n".join(shown))


ANSWERS = [
    [],
    ["due", "--until", "+2w"],
    ["agenda"],
    ["plan"],
    ["neglected"],
    ["playbook", "katrin"],
    ["birthdays"],
    ["list"],
    ["find", "gear"],
    ["timeline"],
    ["tags"],
    ["fields"],
    ["stats"],
    ["show", "katrin"],
    ["brief", "katrin"],
    ["why", "katrin"],
    ["check"],
]


@pytest.mark.parametrize("call", ANSWERS, ids=lambda call: " ".join(call[:1]) or "glance")
def test_every_answer_has_json(call: list[str], run: Run) -> None:
    json_call = [*call, "--json"]
    answer = json.loads(run("--vault", SAMPLE, "--today", DAY, *json_call).stdout)
    if call[:1] in ([], ["show"], ["brief"], ["plan"], ["stats"]):
        assert isinstance(answer, dict)
    else:
        assert isinstance(answer, list)
        assert all(isinstance(row, dict) for row in answer)


def test_due_names_its_keys(run: Run) -> None:
    rows = json.loads(run("--vault", SAMPLE, "--today", DAY, "due", "--json").stdout)
    keys = "customer name kind channel text due planned state reason path line"
    assert all(set(keys.split()) <= row.keys() for row in rows)
    thies = next(row for row in rows if row["customer"] == "thies-petersen")
    assert thies["kind"] == "cadence"
    assert thies["due"] == "2026-11-10"
    assert thies["planned"] == DAY
    assert thies["state"] == "overdue"
    assert thies["reason"] == "last call 2026-10-20; every 3 weeks by tier gold"
    assert (
        (SAMPLE / thies["path"])
        .read_text(encoding="utf-8")
        .splitlines()[thies["line"] - 1]
        .startswith("- 2026-10-20 call")
    )


def test_list_names_every_field(run: Run) -> None:
    rows = json.loads(run("--vault", SAMPLE, "--today", DAY, "list", "--json").stdout)
    anna = next(row for row in rows if row["id"] == "ipek-yilmaz")
    assert anna["name"] == "İpek Yılmaz"
    assert anna["path"] == "customers/trade/ipek-yilmaz.md"
    assert anna["company"] == "baeckerei-yilmaz"
    assert anna["tags"] == ["bakery", "cargo-bike", "newsletter"]
    assert anna["occasions"] == ["bakery anniversary --11-24"]
    assert anna["birthday"] == "1987-12-03"
    assert anna["cadence"] == "3 weeks"
    assert anna["do_not_contact"] is False
    assert len({tuple(sorted(row.keys() & anna.keys())) for row in rows}) == 1


def test_their_time_is_shown_beside_ours(run: Run, make_vault: MakeVault) -> None:
    text = "---\nname: Taro\ntimezone: Asia/Tokyo\n---\n- [ ] 2026-11-23 10:00 call: The race\n"
    vault = make_vault({"taro": text})
    assert (
        "10:00  Taro  call: The race (18:00 in Asia/Tokyo)"
        in run("--vault", vault, "--today", DAY, "due").stdout
    )
    assert "10:00 (18:00 in Asia/Tokyo)" in run("--vault", vault, "--today", DAY, "show", "taro").stdout
    feed = run("--vault", vault, "--today", DAY, "export", "ics").stdout
    assert "Local time: 18:00 in Asia/Tokyo" in feed.replace("\r\n ", "")


def test_a_snooze_hides_a_promise_and_moves_no_appointment(run: Run, make_vault: MakeVault) -> None:
    text = "---\nname: Anna\nsnooze: 2026-12-10\n---\n- [ ] 2026-12-01 14:00 call: Appointment\n"
    vault = make_vault({"anna": text})

    def due(today: str, until: str) -> str:
        return run("--vault", vault, "--today", today, "due", "--until", until).stdout

    assert "Appointment" not in due("2026-12-05", "2026-12-05")
    assert "Appointment" not in due("2026-11-23", "2026-12-09")
    assert "Appointment" in due("2026-12-10", "2026-12-10")
    feed = run("--vault", vault, "--today", DAY, "export", "ics").stdout
    assert "DTSTART:20261201T130000Z" in feed
    assert "Anna" in run("--vault", vault, "--today", DAY, "why", "anna").stdout


def test_reading_changes_no_byte(run: Run, sample: Path) -> None:
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sample.rglob("*") if path.is_file()
    }
    for call in [*ANSWERS, ["export", "ics"], ["show", "bernd", "--all"], ["why", "jan nowak"]]:
        assert run("--vault", sample, "--today", DAY, *call).exit_code == 0
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sample.rglob("*") if path.is_file()
    }
