import pytest

from functions.contract import requests
from shared.errors import InvalidArgument, InvalidRequest, NotFound

ID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"


@pytest.mark.parametrize("written", [ID, ID.upper(), ID.replace("-", ""), ID.replace("-", "").upper()])
def test_profile_ids_are_read_in_any_case_with_or_without_dashes(written: str) -> None:
    assert requests.profile_id(written) == ID


@pytest.mark.parametrize(
    "written", ["", "x", ID[:-1], ID + "0", ID.replace("f", "g"), "../" + ID, ID + "\n", f"{{{ID}}}"]
)
def test_what_is_no_guid_is_no_profile(written: str) -> None:
    with pytest.raises(NotFound):
        requests.profile_id(written)


def test_candidates_lose_empty_items_and_duplicates_but_keep_their_order() -> None:
    other = "a" * 8 + ID[8:]
    assert requests.profile_ids(f"{other},,{ID.upper()}, {other} ,{ID},") == [other, ID]


def test_missing_and_invalid_candidates_are_told_apart() -> None:
    with pytest.raises(InvalidRequest, match="profileIds parameter is missing"):
        requests.profile_ids(None)
    for text in ("", ",", " , ,", "x", f"{ID},x"):
        with pytest.raises(InvalidArgument, match="Invalid profileIds parameter value"):
            requests.profile_ids(text)


@pytest.mark.parametrize(
    ("text", "value"), [(None, False), ("True", True), ("true", True), ("FALSE", False), ("", False)]
)
def test_flags_are_read_in_any_case(text: str | None, value: bool) -> None:  # noqa: FBT001
    assert requests.flag("ignoreMinLength", text) is value


@pytest.mark.parametrize("text", ["1", "yes", "true,true", " true"])
def test_other_flags_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match='Valid values are "true" and "false"'):
        requests.flag("ignoreMinLength", text)


@pytest.mark.parametrize(("text", "size"), [(None, 100), ("1", 1), ("500", 500), ("007", 7)])
def test_page_sizes_from_1_to_500(text: str | None, size: int) -> None:
    assert requests.page_size("maxpagesize", text) == size


@pytest.mark.parametrize("text", ["0", "501", "x", "-1", "1.5", "", "\uff11\uff10", "9" * 30])
def test_other_page_sizes_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"maxpagesize.*\[1, 500\]"):
        requests.page_size("maxpagesize", text)


def test_a_continuation_token_leads_back_to_its_id() -> None:
    assert requests.continue_after("token", requests.continuation_token(ID)) == ID


@pytest.mark.parametrize("token", ["x", "é", "!!!!", "AAAA", requests.continuation_token("no guid"), "a" * 5000])
def test_foreign_continuation_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidArgument, match="must be generated"):
        requests.continue_after("token", token)


@pytest.mark.parametrize(
    "body",
    [b'{"locale":"en-us"}', b"{ 'locale':'en-us' }", b'\xef\xbb\xbf{"Locale": "en-us", "more": [1]}'],
    ids=["json", "single quotes", "byte order mark"],
)
def test_the_locale_is_read_as_sent_from_lenient_json(body: bytes) -> None:
    assert requests.locale(body) == "en-us"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Request body is missing"),
        (b" \n", "Request body is missing"),
        (b"{}", "Locale parameter is missing"),
        (b'{"locale":null}', "Locale parameter is missing"),
        (b'{"locale":7}', "locale must be a string"),
        (b"[]", "Invalid JSON format"),
        (b"7", "Invalid JSON format"),
        (b'{"locale":', "Invalid JSON format"),
        (b"\xff\xfe", "Invalid JSON format"),
        (b"[" * 100_000, "Invalid JSON format"),
    ],
)
def test_bodies_without_a_locale_are_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        requests.locale(body)


def test_parameters_that_a_list_never_had_are_named() -> None:
    requests.refuse_parameters([])
    with pytest.raises(InvalidArgument, match=r"^\$skip parameter is not supported\.$"):
        requests.refuse_parameters(["$skip", "$orderBy"])


@pytest.mark.parametrize(("text", "chosen"), [(None, None), ("", None), ("left", 0), ("Right", 1), ("1", 0), ("8", 7)])
def test_a_channel_is_named_or_counted_from_one(text: str | None, chosen: int | None) -> None:
    assert requests.channel(text) == chosen


@pytest.mark.parametrize("text", ["0", "9", "both", "1.0", "-1"])
def test_what_is_no_channel_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="from 1 to 8"):
        requests.channel(text)
