"""What tells that two customers are one: addresses, numbers and names, in the form in which they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.vault.match import country_of, email_key, keys_of, phone_key


@pytest.mark.parametrize(
    ("number", "country", "key"),
    [
        ("+48 600 100 200", None, "+48600100200"),
        ("0048 600-100-200", None, "+48600100200"),
        ("600 100 200", "PL", "+48600100200"),
        ("0600 100 200", "PL", "+48600100200"),
        ("+48 (0)600 100 200", None, "+48600100200"),
        ("48600100200", "PL", "+48600100200"),
        ("tel:+48-600-100-200", "DE", "+48600100200"),
        ("0171 1234567", "DE-BE", "+491711234567"),
        ("+49 (0)171 1234567", None, "+491711234567"),
        ("06 1234567", "IT", "+39061234567"),
        ("+48 58 300 10 20 wew. 12", None, "+48583001020"),
        ("+48 58 300 10 20 ext 7", None, "+48583001020"),
        ("600 100 200", None, "600100200"),
        ("0600 100 200", None, "600100200"),
        ("600 100 200", "XX", "600100200"),
        ("123", "PL", None),
        ("ask at the shop", "PL", None),
    ],
)
def test_a_number_is_compared_with_its_country(number: str, country: str | None, key: str | None) -> None:
    assert phone_key(number, country) == key


@pytest.mark.parametrize(
    ("numbers", "country"),
    [
        ([], None),
        (["600 100 200"], None),
        (["+48 600 100 200", "601 200 300"], "PL"),
        ([*(f"+48 600 100 20{last}" for last in range(9)), "+49 171 1234567"], "PL"),
        (["+48 600 100 200", "+49 171 1234567"], None),
        (["+800 1234 5678"], None),  # a number of no country
    ],
)
def test_the_country_that_most_numbers_name(numbers: list[str], country: str | None) -> None:
    assert country_of(numbers) == country


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anna@Rowery.example", " anna@rowery.example", True),
        ("anna.k@gmail.com", "annak+shop@googlemail.com", True),
        ("anna.k@rowery.example", "annak@rowery.example", False),
        ("Anna K <anna@rowery.example>", "mailto:ANNA@rowery.example", True),
        ("anna+shop@rowery.example", "anna@rowery.example", False),
        ("gmail.com", "@gmail.com", False),
    ],
)
def test_addresses_of_one_mailbox(one: str, other: str, same: bool) -> None:
    assert (email_key(one) == email_key(other)) is same


@given(st.text(max_size=20), st.sampled_from([None, "PL", "DE-BE", "", "?", "pl"]))
def test_no_text_is_too_much(text: str, country: str | None) -> None:
    assert list(keys_of([text], [text], country)) == list(keys_of([text], [text], country))
    country_of([text])
