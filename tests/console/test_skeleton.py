"""The frame of every page."""

from typing import Any

from services.console.access.person import Role


def test_a_visitor_is_led_to_the_entrance_and_from_there_to_the_page_asked_for(console: Any) -> None:
    visitor = console.visitor()
    answer = visitor.get("/account?lane=live")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Faccount%3Flane%3Dlive")
    console.account("wang", Role.DUTY)
    entered = console.sign_in(visitor, "wang")
    assert entered.status_code == 303
    text = visitor.get("/account").text
    assert "值班员" in text
    assert "数据截至" in text


def test_pages_carry_the_headers_that_keep_a_browser_safe(console: Any) -> None:
    answer = console.visitor().get("/login")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "HttpOnly" in answer.headers["set-cookie"]


def test_english_is_chosen_by_a_cookie(console: Any) -> None:
    client = console.client(Role.DUTY)
    assert client.get("/language/en?next=/account").headers["location"] == "/account"
    assert "Data until" in client.get("/account").text


def test_an_unknown_page_and_lane_are_told_of(console: Any) -> None:
    client = console.client(Role.DUTY)
    assert client.get("/nowhere").status_code == 404
    assert client.get("/account?lane=replay:none").status_code == 404
    assert "【演练】" in client.get("/account?lane=drill:b").text
